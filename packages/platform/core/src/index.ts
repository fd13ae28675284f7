export { ConnectorError, factsOf, invalidInput } from './errors/connector-error.ts'
export type { ConnectorErrorJson, ErrorContext, ErrorFacts } from './errors/connector-error.ts'
export { codeDefaults, errorCodes } from './errors/error-codes.ts'
export type { Applied, ErrorCode } from './errors/error-codes.ts'
export { Secret } from './secrets/secret.ts'
export type { SecretInput } from './secrets/secret.ts'
export { fromEnv } from './secrets/from-env.ts'
export { fromFile } from './secrets/from-file.ts'
export { Redactor } from './secrets/redactor.ts'
export { scrub } from './secrets/scrub.ts'
export type { Body, BodyBase64, BodyFile, BodyJson, BodyText } from './bodies/body.ts'
export { openBody } from './bodies/open-body.ts'
export type { OpenBody } from './bodies/open-body.ts'
export { readBytes } from './bodies/read-body.ts'
export { schema } from './schemas/schema.ts'
export { toJsonSchema } from './schemas/to-json-schema.ts'
export { describeIssues, validate, validateSync } from './schemas/validate.ts'
export type {
  InputOf,
  JsonSchema,
  JsonSchemaOptions,
  OutputOf,
  Schema,
  SchemaIssue,
  SchemaProperties,
  SchemaResult,
} from './schemas/standard-schema.ts'
export type { AttemptNote, CallContext, CallOptions } from './contract/call.ts'
export type { Effect, EffectOf, StatedEffect } from './contract/effect.ts'
export { operation } from './contract/operation.ts'
export type { AnyOperation, Operation, OperationSpec, Reconciled } from './contract/operation.ts'
export { listens, reads, stream, writes } from './contract/stream.ts'
export type {
  AnyListen,
  AnyRead,
  AnyStream,
  AnyWrite,
  Delivery,
  ListenContext,
  ListenFacet,
  Page,
  PendingDelivery,
  ReadContext,
  ReadFacet,
  RecordIdentity,
  Stream,
  WriteContext,
  WriteFacet,
  WriteFailure,
} from './contract/stream.ts'
export { session } from './contract/session.ts'
export type { AnySession, Session } from './contract/session.ts'
export { vendor } from './contract/vendor.ts'
export type { VendorType } from './contract/vendor.ts'
export { anyRecord } from './schemas/any-record.ts'
export { defineConnector } from './contract/connector.ts'
export type {
  Accept,
  AnyConnector,
  Category,
  Connector,
  ConnectorSpec,
  OpenContext,
  Operations,
  Sessions,
  Streams,
} from './contract/connector.ts'
export type {
  Connection,
  Escape,
  ExecutionResult,
  Handler,
  JsonOptions,
  JsonPage,
  ListenOptions,
  ReadOptions,
  Reading,
  Scope,
  ScopedEscape,
  Subscription,
  SubscriptionStats,
  WriteOptions,
  WriteResult,
} from './contract/connection.ts'
export type {
  ConnectorDescription,
  ListenDescription,
  OperationDescription,
  ReadDescription,
  SessionDescription,
  StreamDescription,
  WriteDescription,
} from './contract/description.ts'
export { reservedNames } from './contract/reserved-names.ts'
export type { ReservedName } from './contract/reserved-names.ts'
export type {
  AdoptedConfig,
  LogConfig,
  OptionalUniform,
  PoolConfig,
  RequestLogLine,
  TimeoutConfig,
  TlsConfig,
  UniformConfig,
} from './contract/uniform-config.ts'
export { networkFacts } from './errors/network-errors.ts'
export { assertTransport, isLoopback } from './transport/assert-transport.ts'
export { tlsOptions } from './transport/tls-options.ts'
export { channels } from './telemetry/channels.ts'
export type { CallEvent, OperationalEvent } from './telemetry/channels.ts'
export { isConnector } from './runtime/create-connector.ts'
export { isConnection } from './runtime/create-connection.ts'
export { nearest } from './runtime/nearest.ts'
export { connections } from './connections.ts'
export type { Closable, Connections, Lease } from './connections.ts'
export { fakeConnection } from './testing/fake-connection.ts'
export type { FakeOperations, FakeStreams } from './testing/fake-connection.ts'
export { addressKind, type AddressKind } from './transport/ip-address.ts'
export { EgressGuard, type EgressRules } from './transport/egress-guard.ts'
export { isError, isPlainObject } from './values/kinds.ts'
export { basicSecretProviders } from './secrets/providers.ts'
export type { SecretProvider, SecretProviders } from './secrets/providers.ts'
export { isSecretReference, parseSecretReference } from './secrets/reference.ts'
export type { SecretReference } from './secrets/reference.ts'
export { resolveReferences } from './secrets/resolve-references.ts'
export type { ReferenceProblem } from './secrets/resolve-references.ts'
export { specOf } from './runtime/create-connection.ts'
export { decode } from './json/decode.ts'
export { encode } from './json/encode.ts'
export type { EncodeOptions } from './json/encode.ts'
export { SecretHandles } from './runtime/secret-handles.ts'
