export { faultProxy } from './faults/fault-proxy.ts'
export type { Address, FaultProxy, FaultProxyStats } from './faults/fault-proxy.ts'
export type {
  BandwidthFault,
  CorruptFault,
  CutFault,
  Direction,
  DripFault,
  Fault,
  FaultStrike,
  HalfOpenFault,
  HttpStormFault,
  IdleCloseFault,
  LatencyFault,
  RefuseFault,
  ResetFault,
} from './faults/fault.ts'
export { seededRandom } from './faults/random.ts'
export { connectorChecks, connectorSuite } from './connector/connector-suite.ts'
export { notApplicable } from './checks/check.ts'
export type { Check, CheckOutcome, CheckResult, NotApplicable, Peer } from './checks/check.ts'
export { registerChecks, runCheck, runChecks } from './checks/run-checks.ts'
export type { SuiteFacts, TestRunner } from './checks/run-checks.ts'
export type {
  Config,
  ConnectorSubject,
  DrivenConnection,
  Example,
  Hang,
  ListenSubject,
  Provocation,
  ReadSubject,
  Target,
  WriteSubject,
} from './subject/connector-subject.ts'
export { createAuthority, createCertificate } from './certificates/create-certificate.ts'
export type { Certificate, CertificateAuthority } from './certificates/create-certificate.ts'
export type { NegotiateTls, TlsTranslation } from './certificates/tls-front.ts'
export { canary, encodingsOf } from './connector/secret-checks.ts'
export { hostileTexts } from './connector/input-checks.ts'
export { effectChecks, effectSuite } from './effects/effect-suite.ts'
export type { EffectCase, EffectSubject } from './effects/effect-subject.ts'
export { recordStoreChecks, recordStoreSuite } from './capabilities/record-store-suite.ts'
export type { Capability, RecordStoreSubject, StoredRow } from './capabilities/record-store.ts'
export { sqlChecks, sqlSuite } from './capabilities/sql-suite.ts'
export type { SqlSubject, SqlValueCase, SqlValueKind } from './capabilities/sql.ts'
export { keyValueChecks, keyValueSuite } from './capabilities/key-value-suite.ts'
export type { KeyValueSubject, StoreOptions } from './capabilities/key-value.ts'
export { queueChecks, queueSuite } from './capabilities/queue-suite.ts'
export type { QueueMessage, QueueSubject } from './capabilities/queue.ts'
export { objectStoreChecks, objectStoreSuite } from './capabilities/object-store-suite.ts'
export type {
  ObjectStoreConnection,
  ObjectStoreSubject,
  StoreInfo,
  StorePart,
  StoreUpload,
} from './capabilities/object-store.ts'
export { googleCloudStorage } from './google-cloud-storage/google-cloud-storage.ts'
export type {
  GoogleCloudStorage,
  GoogleCloudStorageOptions,
  SeenRequest,
  StorageTrouble,
} from './google-cloud-storage/google-cloud-storage.ts'
export type { TokenOptions } from './google-cloud-storage/access.ts'
export { awsLambda, type AwsLambda } from './aws-lambda/aws-lambda.ts'
export type {
  Handler as LambdaHandler,
  Invocation as LambdaInvocation,
  InvocationContext as LambdaInvocationContext,
  SimulatedFunction as SimulatedLambda,
} from './aws-lambda/functions.ts'
export { vaultServer } from './vault/vault-server.ts'
export type { VaultRequest, VaultServer, VaultTrouble } from './vault/vault-server.ts'
export type { AppRoleOptions as VaultAppRoleOptions } from './vault/app-roles.ts'
export type { DatabaseRoleOptions as VaultDatabaseRoleOptions } from './vault/databases.ts'
export type { LeaseEntry as VaultLease } from './vault/leases.ts'
export type { PolicyRule as VaultPolicyRule } from './vault/policies.ts'
export type { NewToken as VaultNewToken } from './vault/tokens.ts'
export type { NodeState as VaultNodeState } from './vault/system.ts'
