import { isError, networkFacts, type Applied, type ErrorCode, type ErrorFacts } from '@casare/core'
import { timeLimitCodes } from './agent.ts'

/** What an error of Azure Storage means: code, whether the effect may have happened, whether trying later may help, and advice. */
export type AzureErrorRow = readonly [code: ErrorCode, applied: Applied, transient: boolean, advice?: string]

/** A service's own errors, by their codes. */
export type AzureErrorTable = Readonly<Record<string, AzureErrorRow>>

const rights: AzureErrorRow = ['permission_denied', 'no', false]
const failed: AzureErrorRow = ['unavailable', 'maybe', true]
const credentials: AzureErrorRow = ['unauthenticated', 'no', false, 'See the credentials of this connection.']

/** https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes */
const common: AzureErrorTable = {
  AccountAlreadyExists: ['already_exists', 'no', false],
  AccountBeingCreated: ['unavailable', 'no', true],
  AccountIsDisabled: rights,
  AuthenticationFailed: [
    'unauthenticated',
    'no',
    false,
    'Is the key or signature right and not over, and the clock of this machine?',
  ],
  AuthorizationFailure: rights,
  AuthorizationPermissionMismatch: rights,
  AuthorizationProtocolMismatch: rights,
  AuthorizationResourceTypeMismatch: rights,
  AuthorizationServiceMismatch: rights,
  AuthorizationSourceIPMismatch: rights,
  ConditionNotMet: ['conflict', 'no', false],
  InsufficientAccountPermissions: rights,
  InternalError: failed,
  InvalidAuthenticationInfo: credentials,
  KeyBasedAuthenticationNotPermitted: rights,
  NoAuthenticationInformation: credentials,
  OperationTimedOut: ['timeout', 'maybe', true],
  ResourceAlreadyExists: ['already_exists', 'no', false],
  ResourceNotFound: ['not_found', 'no', false],
  // Refused before any work: https://learn.microsoft.com/azure/storage/common/scalability-targets-standard-account
  ServerBusy: ['rate_limited', 'no', true],
}

/** By HTTP status, for errors whose code no table knows. */
const statuses: Readonly<Record<number, AzureErrorRow>> = {
  401: credentials,
  403: rights,
  404: ['not_found', 'no', false],
  409: ['conflict', 'no', false],
  412: ['conflict', 'no', false],
  429: ['rate_limited', 'no', true],
  500: failed,
  502: failed,
  503: failed,
  504: failed,
}

/** What the SDK and our agents say where there was no answer. */
const withoutAnswer: AzureErrorTable = {
  [timeLimitCodes.connect]: ['timeout', 'no', true],
  [timeLimitCodes.read]: ['timeout', 'maybe', true],
  PARSE_ERROR: ['unavailable', 'maybe', true, 'The answer could not be read.'],
  REQUEST_SEND_ERROR: failed,
}

/** What obtaining a token meets: nothing of the call was sent. */
const identityErrors = new Set([
  'AggregateAuthenticationError',
  'AuthenticationError',
  'AuthenticationRequiredError',
  'CredentialUnavailableError',
])

/**
 * A failure of an SDK of Azure Storage as facts; `undefined` for anything else.
 * @param title the service, for the message: `Azure Queue Storage`.
 * @param own the service's own errors; looked at first.
 */
export function azureErrorFacts(error: unknown, title: string, own: AzureErrorTable = {}): ErrorFacts | undefined {
  if (!isError(error)) return undefined
  if (identityErrors.has(error.name)) return ofIdentity(error, title)
  const { code, statusCode } = error as RestError
  if (error.name === 'RestError' && statusCode !== undefined) return ofAnswer(error, title, own)
  const row = rowNamed(withoutAnswer, code)
  if (row !== undefined) return facts(row, error, title, code)
  return networkFacts(error, title)
}

/** https://learn.microsoft.com/javascript/api/@azure/core-rest-pipeline/resterror */
interface RestError extends Error {
  readonly code?: string
  readonly statusCode?: number
  readonly details?: { readonly errorCode?: string; readonly message?: string }
  readonly response?: {
    readonly headers: { get(name: string): string | undefined }
    readonly bodyAsText?: string | null
  }
}

function ofAnswer(error: RestError, title: string, own: AzureErrorTable): ErrorFacts {
  const { statusCode: status = 0, response, details } = error
  const code =
    error.code ?? details?.errorCode ?? response?.headers.get('x-ms-error-code') ?? inBody('Code', response?.bodyAsText)
  const known = rowNamed(own, code) ?? rowNamed(common, code) ?? statuses[status]
  // A success that could not be read.
  const row = known ?? (status >= 500 || status < 400 ? failed : (['invalid_input', 'no', false] as const))
  const requestId = response?.headers.get('x-ms-request-id')
  const waitMs = retryAfterMs(response?.headers.get('retry-after'))
  return {
    ...facts(row, error, title, code),
    status,
    ...(requestId === undefined ? {} : { requestId }),
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
    ...(status === 503 || status === 429 ? { overload: true } : {}),
  }
}

function ofIdentity(error: Error, title: string): ErrorFacts {
  const status = (error as RestError).statusCode ?? 0
  const row: AzureErrorRow = status >= 500 || status === 429 ? ['unavailable', 'no', true] : credentials
  return facts(row, error, title, error.name)
}

function rowNamed(table: AzureErrorTable, name: string | undefined): AzureErrorRow | undefined {
  return name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined
}

/** Seconds or a date (RFC 9110 10.2.3), in milliseconds, 0 to a day. */
function retryAfterMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = Number(text)
  const waitMs = Number.isNaN(seconds) ? Date.parse(text) - Date.now() : seconds * 1_000
  return Number.isFinite(waitMs) ? Math.min(Math.max(0, Math.ceil(waitMs)), 86_400_000) : undefined
}

/** The service's own words, where the SDK has not read them. */
function messageOf({ details, message, response }: RestError): string {
  return details?.message ?? inBody('Message', response?.bodyAsText) ?? message
}

/** An element of the service's answer; the SDK does not read answers to what it wanted as a stream. */
function inBody(element: 'Code' | 'Message', body: string | null | undefined): string | undefined {
  return new RegExp(`<${element}>([^<]{1,1000})`).exec(body?.slice(0, 4_096) ?? '')?.[1]
}

function facts(
  [code, applied, transient, advice]: AzureErrorRow,
  error: Error,
  title: string,
  vendorCode: string | undefined,
): ErrorFacts {
  // The service repeats request id and time below its sentence.
  const said = (messageOf(error).split('\n')[0] ?? '').trim().replace(/[.\s]+$/, '')
  const sentence = said === '' ? (vendorCode ?? 'failed') : said.slice(0, 1_000)
  return {
    code,
    applied,
    transient,
    message: `${title}: ${sentence}.${advice === undefined ? '' : ` ${advice}`}`,
    ...(vendorCode === undefined ? {} : { vendorCode }),
    cause: error,
  }
}
