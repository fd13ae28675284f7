import { isError, networkFacts, type Applied, type ErrorCode, type ErrorFacts } from '@casare/core'
import { connectTimeoutCode } from './connect-timeout.ts'
import { retryAfterMs } from './retry-after.ts'
import { isSkewCorrected } from './skew-correction.ts'

/** What an error of AWS means: code, whether the effect may have happened, whether trying later may help, and advice. */
export type AwsErrorRow = readonly [code: ErrorCode, applied: Applied, transient: boolean, advice?: string]

/** A service's own errors, by their names. */
export type AwsErrorTable = Readonly<Record<string, AwsErrorRow>>

const credentials: AwsErrorRow = ['unauthenticated', 'no', false, 'See the credentials of this connection.']
const expired: AwsErrorRow = ['unauthenticated', 'no', false, 'The credentials have expired.']
const clock: AwsErrorRow = ['unauthenticated', 'no', false, 'Is the clock of this machine right?']
const rights: AwsErrorRow = ['permission_denied', 'no', false]
// Refused before any work: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
const throttled: AwsErrorRow = ['rate_limited', 'no', true]
const failed: AwsErrorRow = ['unavailable', 'maybe', true]

/** Errors that many services share (https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html), without "Exception" at their ends. */
const common: AwsErrorTable = {
  AccessDenied: rights,
  AllAccessDisabled: rights,
  AuthFailure: credentials,
  BandwidthLimitExceeded: throttled,
  EC2Throttled: throttled,
  ExpiredToken: expired,
  IncompleteSignature: credentials,
  InternalError: failed,
  InternalFailure: failed,
  InternalServerError: failed,
  InvalidAccessKeyId: credentials,
  InvalidClientTokenId: credentials,
  InvalidIdentityToken: credentials,
  InvalidSignature: clock,
  InvalidToken: credentials,
  KMSAccessDenied: rights,
  KmsAccessDenied: rights,
  KmsThrottled: throttled,
  MissingAuthenticationToken: credentials,
  NotAuthorized: rights,
  NotSignedUp: rights,
  OptInRequired: rights,
  PriorRequestNotComplete: throttled,
  ProvisionedThroughputExceeded: throttled,
  RequestExpired: clock,
  RequestInTheFuture: clock,
  RequestLimitExceeded: throttled,
  RequestThrottled: throttled,
  RequestTimeTooSkewed: clock,
  RequestTimeout: ['timeout', 'maybe', true],
  ServiceUnavailable: failed,
  SignatureDoesNotMatch: ['unauthenticated', 'no', false, 'Is the secret key right, and the clock of this machine?'],
  SlowDown: throttled,
  Throttled: throttled,
  Throttling: throttled,
  TokenRefreshRequired: expired,
  TooManyRequests: throttled,
  UnauthorizedAccess: rights,
  UnrecognizedClient: credentials,
  Validation: ['invalid_input', 'no', false],
  ValidationError: ['invalid_input', 'no', false],
}

/** By HTTP status, for errors whose name no table knows. */
const statuses: Readonly<Record<number, AwsErrorRow>> = {
  401: ['unauthenticated', 'no', false],
  403: ['permission_denied', 'no', false],
  404: ['not_found', 'no', false],
  409: ['conflict', 'no', false],
  412: ['conflict', 'no', false],
  429: throttled,
  500: failed,
  502: failed,
  503: failed,
  504: failed,
}

/** What the SDK itself says, before or instead of a request. */
const ofSdk: AwsErrorTable = {
  CredentialsProviderError: credentials,
  TokenProviderError: credentials,
  ProviderError: credentials,
  EndpointError: ['invalid_input', 'no', false, 'See region and endpoint of this connection.'],
  // A name with half of a surrogate pair cannot be written into an address.
  URIError: ['invalid_input', 'no', false, 'A text in it is no well-formed Unicode.'],
}

/**
 * A failure of the AWS SDK as facts; `undefined` for anything else.
 * @param title the service, for the message: `Amazon SQS`.
 * @param own the service's own errors; looked at first.
 */
export function awsErrorFacts(error: unknown, title: string, own: AwsErrorTable = {}): ErrorFacts | undefined {
  if (!isError(error)) return undefined
  if ('$fault' in error) return ofService(error as ServiceError, title, own)
  const row = rowNamed(own, error.name) ?? rowNamed(ofSdk, error.name)
  if (row !== undefined) return facts(row, error, title)
  if (error.message === 'Region is missing')
    return facts(['invalid_input', 'no', false, 'Set region, or AWS_REGION.'], error, title)
  if ('code' in error && error.code === connectTimeoutCode) return facts(['timeout', 'no', true], error, title)
  if (error.name === 'TimeoutError' && !('code' in error))
    return { ...facts(['timeout', 'maybe', true], error, title), vendorCode: undefined }
  // An answer cut short, or one that no service of AWS gave.
  if ('$responseBodyText' in error || '$response' in error || error.message.startsWith('AWS SDK error wrapper'))
    return unreadable(error, title)
  // What came was no HTTP (https://nodejs.org/api/http.html#event-clienterror names the parser's codes).
  if ('code' in error && String(error.code).startsWith('HPE_')) return unreadable(error, title)
  return networkFacts(error, title)
}

function unreadable(error: Error, title: string): ErrorFacts {
  return facts(['unavailable', 'maybe', true, 'The answer could not be read.'], error, title)
}

/** https://github.com/smithy-lang/smithy-typescript/blob/main/packages/smithy-client/src/exceptions.ts */
interface ServiceError extends Error {
  readonly $fault: 'client' | 'server'
  readonly $metadata: { readonly httpStatusCode?: number; readonly requestId?: string }
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> }
  readonly Code?: string
}

function ofService(error: ServiceError, title: string, own: AwsErrorTable): ErrorFacts {
  const { httpStatusCode: status, requestId } = error.$metadata
  const row =
    named(own, error) ??
    named(common, error) ??
    statuses[status ?? 0] ??
    (error.$fault === 'server' ? failed : (['invalid_input', 'no', false] as const))
  const waitMs = retryAfterMs(error)
  const result = facts(row, error, title)
  return {
    ...result,
    // The clock has been set right since; where the SDK could not repeat the request itself, we can.
    ...(isSkewCorrected(error) && result.applied === 'no' ? { transient: true } : {}),
    ...(status === undefined ? {} : { status }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
    ...(status === 503 || status === 429 ? { overload: true } : {}),
  }
}

function named(table: AwsErrorTable, { name, Code }: ServiceError): AwsErrorRow | undefined {
  return rowNamed(table, name) ?? (Code === undefined ? undefined : rowNamed(table, Code))
}

function rowNamed(table: AwsErrorTable, name: string): AwsErrorRow | undefined {
  const short = name.replace(/Exception$/, '')
  if (Object.hasOwn(table, name)) return table[name]
  return Object.hasOwn(table, short) ? table[short] : undefined
}

function facts([code, applied, transient, advice]: AwsErrorRow, error: Error, title: string): ErrorFacts {
  const said = error.message === '' ? error.name : error.message
  const sentence = said.replace(/[.\s]+$/, '').slice(0, 1_000)
  return {
    code,
    applied,
    transient,
    message: `${title}: ${sentence}.${advice === undefined ? '' : ` ${advice}`}`,
    vendorCode: error.name,
    cause: error,
  }
}
