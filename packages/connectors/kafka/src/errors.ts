import {
  ConnectorError,
  factsOf,
  isError,
  networkFacts,
  type Applied,
  type ErrorCode,
  type ErrorFacts,
} from '@casare/core'

type Row = readonly [code: ErrorCode, applied: Applied, transient: boolean, advice: string]

/** Error codes of the protocol (https://kafka.apache.org/protocol#protocol_error_codes): the request, or this part of it, was refused. */
const replies: Readonly<Record<string, Row>> = {
  UNKNOWN_TOPIC_OR_PARTITION: ['not_found', 'no', false, 'Is the topic created, and the name right?'],
  TOPIC_ALREADY_EXISTS: ['already_exists', 'no', false, ''],
  TOPIC_AUTHORIZATION_FAILED: ['permission_denied', 'no', false, 'The ACLs of the topic do not allow it.'],
  GROUP_AUTHORIZATION_FAILED: ['permission_denied', 'no', false, 'The ACLs of the group do not allow it.'],
  CLUSTER_AUTHORIZATION_FAILED: ['permission_denied', 'no', false, 'The ACLs of the cluster do not allow it.'],
  POLICY_VIOLATION: ['permission_denied', 'no', false, ''],
  SASL_AUTHENTICATION_FAILED: ['unauthenticated', 'no', false, ''],
  ILLEGAL_SASL_STATE: ['unauthenticated', 'no', false, ''],
  UNSUPPORTED_SASL_MECHANISM: ['unauthenticated', 'no', false, ''],
  MESSAGE_TOO_LARGE: ['invalid_input', 'no', false, 'See max.message.bytes of the topic.'],
  RECORD_LIST_TOO_LARGE: ['invalid_input', 'no', false, 'See max.message.bytes of the topic.'],
  INVALID_TOPIC_EXCEPTION: ['invalid_input', 'no', false, ''],
  INVALID_PARTITIONS: ['invalid_input', 'no', false, ''],
  INVALID_REPLICATION_FACTOR: ['invalid_input', 'no', false, ''],
  INVALID_REPLICA_ASSIGNMENT: ['invalid_input', 'no', false, ''],
  INVALID_CONFIG: ['invalid_input', 'no', false, ''],
  INVALID_TIMESTAMP: ['invalid_input', 'no', false, ''],
  INVALID_GROUP_ID: ['invalid_input', 'no', false, ''],
  INVALID_RECORD: ['invalid_input', 'no', false, ''],
  INVALID_SESSION_TIMEOUT: ['invalid_input', 'no', false, 'See group.min.session.timeout.ms of the brokers.'],
  // Malformed, or not in this state of the group: never what the caller has said.
  INVALID_REQUEST: ['internal', 'no', false, ''],
  OFFSET_OUT_OF_RANGE: ['not_found', 'no', false, 'The records have been removed, or were never there.'],
  UNSUPPORTED_VERSION: ['unsupported', 'no', false, ''],
  UNSUPPORTED_COMPRESSION_TYPE: ['unsupported', 'no', false, ''],
  LEADER_NOT_AVAILABLE: ['unavailable', 'no', true, ''],
  NOT_LEADER_FOR_PARTITION: ['unavailable', 'no', true, ''],
  NOT_ENOUGH_REPLICAS: ['unavailable', 'no', true, ''],
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: ['unavailable', 'maybe', true, ''],
  NOT_CONTROLLER: ['unavailable', 'no', true, ''],
  REQUEST_TIMED_OUT: ['timeout', 'maybe', true, ''],
  GROUP_LOAD_IN_PROGRESS: ['unavailable', 'no', true, ''],
  GROUP_COORDINATOR_NOT_AVAILABLE: ['unavailable', 'no', true, ''],
  NOT_COORDINATOR_FOR_GROUP: ['unavailable', 'no', true, ''],
  REBALANCE_IN_PROGRESS: ['conflict', 'no', true, ''],
  ILLEGAL_GENERATION: ['conflict', 'no', true, ''],
  UNKNOWN_MEMBER_ID: ['conflict', 'no', true, ''],
  NON_EMPTY_GROUP: ['conflict', 'no', false, 'Stop the consumers of the group first.'],
  GROUP_ID_NOT_FOUND: ['not_found', 'no', false, ''],
  THROTTLING_QUOTA_EXCEEDED: ['rate_limited', 'no', true, ''],
}

/** The driver's own errors, by their names. */
const driverErrors: Readonly<Record<string, Row>> = {
  KafkaJSConnectionClosedError: ['unavailable', 'maybe', true, ''],
  KafkaJSConnectionError: ['unavailable', 'maybe', true, ''],
  KafkaJSRequestTimeoutError: ['timeout', 'maybe', true, ''],
  KafkaJSSASLAuthenticationError: ['unauthenticated', 'no', false, ''],
  KafkaJSServerDoesNotSupportApiKey: ['unsupported', 'no', false, ''],
  KafkaJSNotImplemented: ['unsupported', 'no', false, ''],
  KafkaJSNoBrokerAvailableError: ['unavailable', 'no', true, ''],
  KafkaJSBrokerNotFound: ['unavailable', 'no', true, ''],
  KafkaJSGroupCoordinatorNotFound: ['unavailable', 'no', true, ''],
  KafkaJSMetadataNotLoaded: ['unavailable', 'no', true, ''],
  KafkaJSTopicMetadataNotLoaded: ['unavailable', 'no', true, ''],
  KafkaJSLockTimeout: ['unavailable', 'no', true, ''],
  KafkaJSTimeout: ['timeout', 'maybe', true, ''],
  KafkaJSOffsetOutOfRange: ['not_found', 'no', false, 'The records have been removed, or were never there.'],
}

/** A failure of the driver or an answer of the cluster as facts; `undefined` for anything else. */
export function toError(error: unknown): ErrorFacts | undefined {
  for (let current = error, depth = 0; depth < 6 && isError(current); depth += 1) {
    if (ConnectorError.is(current)) return factsOf(current)
    const found = factsOfOne(current)
    if (found !== undefined) return found
    const { errors, cause } = current as { errors?: readonly unknown[]; cause?: unknown }
    current = errors?.[0] ?? cause
  }
  return undefined
}

function factsOfOne(error: Error): ErrorFacts | undefined {
  const { type, code, broker } = error as { type?: unknown; code?: unknown; broker?: unknown }
  if (typeof type === 'string' && Object.hasOwn(replies, type)) return facts(replies[type] as Row, error, type)
  // What is refused before it is sent proves more than the name of the class does.
  if (typeof code === 'string') {
    const network = networkFacts(error, typeof broker === 'string' ? `Kafka at ${broker}` : 'Kafka')
    if (network !== undefined) return network
  }
  if (/[Cc]onnection timeout/.test(error.message)) return facts(['unavailable', 'no', true, ''], error, undefined)
  return Object.hasOwn(driverErrors, error.name) ? facts(driverErrors[error.name] as Row, error, undefined) : undefined
}

function facts([code, applied, transient, advice]: Row, error: Error, vendorCode: string | undefined): ErrorFacts {
  const sentence = error.message.replace(/[.\s]+$/, '').slice(0, 1_000)
  return {
    code,
    applied,
    transient,
    message: `Kafka: ${sentence}.${advice === '' ? '' : ` ${advice}`}`,
    ...(vendorCode === undefined ? {} : { vendorCode }),
    cause: error,
  }
}

/** Any failure as facts. */
export function factsFor(error: unknown): ErrorFacts {
  return (
    toError(error) ?? {
      code: 'unavailable',
      message: `Kafka: ${isError(error) ? error.message : String(error)}`,
      cause: error,
    }
  )
}
