import { isError, networkFacts, type Applied, type ErrorCode, type ErrorFacts } from '@casare/core'
import { AccessError } from './access/access-error.ts'
import { timeLimitCodes } from './transport/agent.ts'
import { StorageAnswerError } from './transport/answer-error.ts'

type Row = readonly [code: ErrorCode, applied: Applied, transient: boolean, advice?: string]

const title = 'Google Cloud Storage'
const failed: Row = ['unavailable', 'maybe', true]
const busy: Row = ['rate_limited', 'no', true]
const rights: Row = ['permission_denied', 'no', false]
const noUpload: Row = ['not_found', 'no', false, 'The upload was completed, given up, or begun more than a week ago.']

/** By reason, where it says more than the status (https://cloud.google.com/storage/docs/json_api/v1/status-codes). */
const reasons: Readonly<Record<string, Row>> = {
  rateLimitExceeded: busy,
  userRateLimitExceeded: busy,
  quotaExceeded: busy,
}

const statuses: Readonly<Record<number, Row>> = {
  304: ['conflict', 'no', false],
  400: ['invalid_input', 'no', false],
  401: ['unauthenticated', 'no', false, 'See the credentials of this connection.'],
  403: rights,
  404: ['not_found', 'no', false],
  408: ['timeout', 'maybe', true],
  409: ['conflict', 'no', false],
  410: noUpload,
  412: ['conflict', 'no', false],
  416: ['invalid_input', 'no', false],
  429: busy,
  499: noUpload,
}

const withoutAnswer: Readonly<Record<string, Row>> = {
  [timeLimitCodes.connect]: ['timeout', 'no', true],
  [timeLimitCodes.read]: ['timeout', 'maybe', true],
}

/** A failure as facts; `undefined` for anything else. */
export function toError(error: unknown): ErrorFacts | undefined {
  if (error instanceof StorageAnswerError) return ofAnswer(error)
  if (error instanceof AccessError) return ofAccess(error)
  if (!isError(error)) return undefined
  const { code } = error as NodeJS.ErrnoException
  const row = code !== undefined && Object.hasOwn(withoutAnswer, code) ? withoutAnswer[code] : undefined
  if (row !== undefined) return facts(row, error, error.message, code)
  return networkFacts(error, title)
}

function ofAnswer(error: StorageAnswerError): ErrorFacts {
  const { status, reason, message, requestId } = error
  const damaged = status === 400 && /doesn't match calculated/.test(message)
  const named = reason !== undefined && Object.hasOwn(reasons, reason) ? reasons[reason] : undefined
  const row: Row = damaged
    ? ['unavailable', 'no', true, 'The bytes were damaged on the way.']
    : (named ?? statuses[status] ?? (status >= 500 ? failed : ['invalid_input', 'no', false]))
  const waitMs = retryAfterMs(error.retryAfter)
  return {
    ...facts(row, error, message, reason),
    status,
    ...(requestId === undefined ? {} : { requestId }),
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
    ...(status === 503 || status === 429 ? { overload: true } : {}),
  }
}

/** Nothing of the call was sent, whatever went wrong with the token. */
function ofAccess({ cause }: AccessError): ErrorFacts {
  const error = isError(cause) ? cause : new Error(String(cause))
  const status = (error as { status?: unknown }).status
  const busyThere = typeof status === 'number' && (status >= 500 || status === 429)
  const network = toError(error.cause) ?? networkFacts(error, `${title}, getting a token`)
  if (network !== undefined && status === undefined) return { ...network, applied: 'no' }
  const row: Row = busyThere
    ? ['unavailable', 'no', true]
    : ['unauthenticated', 'no', false, 'See the credentials of this connection.']
  return facts(row, error, `no access token: ${error.message}`, undefined)
}

/** Seconds or a date (RFC 9110 10.2.3), in milliseconds, 0 to a day. */
function retryAfterMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = Number(text)
  const waitMs = Number.isNaN(seconds) ? Date.parse(text) - Date.now() : seconds * 1_000
  return Number.isFinite(waitMs) ? Math.min(Math.max(0, Math.ceil(waitMs)), 86_400_000) : undefined
}

function facts(
  [code, applied, transient, advice]: Row,
  cause: Error,
  said: string,
  vendorCode: string | undefined,
): ErrorFacts {
  const sentence = (said.split('\n')[0] ?? '')
    .trim()
    .replace(/[.\s]+$/, '')
    .slice(0, 1_000)
  return {
    code,
    applied,
    transient,
    message: `${title}: ${sentence}.${advice === undefined ? '' : ` ${advice}`}`,
    ...(vendorCode === undefined ? {} : { vendorCode }),
    cause,
  }
}
