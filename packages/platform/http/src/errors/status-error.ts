import { ConnectorError, type Applied, type ErrorCode } from '@casare/core'
import { readRetryHints } from '@casare/resilience'
import type { Exchange } from '../exchange.ts'
import { excerpt } from '../body/parse-json.ts'
import type { ErrorAnswer, HttpClientOptions } from '../http-types.ts'

type Row = readonly [code: ErrorCode, applied: Applied, transient: boolean, words: string]

/** Status codes (RFC 9110, 15, and the IANA registry): what they mean, and what they prove. */
const table: Readonly<Record<number, Row>> = {
  400: ['invalid_input', 'no', false, 'bad request'],
  401: ['unauthenticated', 'no', false, 'the credentials are missing, wrong or expired'],
  402: ['permission_denied', 'no', false, 'payment required'],
  403: ['permission_denied', 'no', false, 'not allowed with these credentials'],
  404: ['not_found', 'no', false, 'not found'],
  405: ['unsupported', 'no', false, 'method not allowed here'],
  406: ['unsupported', 'no', false, 'not available in the form asked for'],
  407: ['unauthenticated', 'no', false, 'the proxy wants credentials'],
  408: ['timeout', 'no', true, 'the server waited too long for the request'],
  409: ['conflict', 'no', false, 'conflict with the state of the resource'],
  410: ['not_found', 'no', false, 'gone'],
  412: ['conflict', 'no', false, 'a precondition does not hold'],
  421: ['unavailable', 'no', true, 'sent to the wrong server'],
  423: ['conflict', 'no', false, 'locked'],
  424: ['conflict', 'no', false, 'failed dependency'],
  425: ['unavailable', 'no', true, 'too early'],
  426: ['unsupported', 'no', false, 'another protocol is required'],
  429: ['rate_limited', 'no', true, 'too many requests'],
  451: ['permission_denied', 'no', false, 'unavailable for legal reasons'],
  500: ['internal', 'maybe', true, 'internal error of the server'],
  501: ['unsupported', 'no', false, 'not implemented by the server'],
  502: ['unavailable', 'maybe', true, 'bad gateway'],
  503: ['unavailable', 'maybe', true, 'the server cannot serve now'],
  504: ['timeout', 'maybe', true, 'a gateway got no answer in time'],
  505: ['unsupported', 'no', false, 'HTTP version not supported'],
  507: ['unavailable', 'maybe', false, 'the server has no storage left'],
  508: ['internal', 'maybe', false, 'the server found a loop'],
  511: ['unauthenticated', 'no', false, 'the network wants a login'],
}

function rowFor(status: number): Row {
  const row = table[status]
  if (row !== undefined) return row
  if (status >= 500) return ['unavailable', 'maybe', true, 'failure of the server']
  if (status >= 400) return ['invalid_input', 'no', false, 'refused']
  return ['internal', 'maybe', false, 'an answer that was not expected']
}

const requestIdHeaders = [
  'x-request-id',
  'request-id',
  'x-amzn-requestid',
  'x-ms-request-id',
  'x-correlation-id',
  'x-trace-id',
  'cf-ray',
] as const

/** The vendor's id of a request, from the usual header fields. */
export function requestIdOf(headers: ErrorAnswer['headers']): string | undefined {
  for (const name of requestIdHeaders) {
    const value = headers[name]
    if (typeof value === 'string' && value !== '') return value.slice(0, 200)
  }
  return undefined
}

/**
 * An answer with an error status as a `ConnectorError`: the table, what the body says, and the vendor's own reading last.
 * @param text the beginning of the body.
 */
export function toStatusError(
  exchange: Exchange,
  answer: Omit<ErrorAnswer, 'body'>,
  text: string,
  readError: HttpClientOptions['readError'],
): ConnectorError {
  const { status, headers } = answer
  const [code, applied, transient, words] = rowFor(status)
  const body = parsed(text)
  const usual = usualReading(body)
  const reading = readError?.({ ...answer, body }) ?? {}
  const message = (reading.message ?? usual.message)?.slice(0, 300)
  const said = message ?? (typeof body === 'string' && !/^\s*</.test(body) ? excerpt(body) : undefined)
  return new ConnectorError({
    transient,
    overload: status === 429 || status === 503,
    retryAfterMs: readRetryHints(headers).retryAfterMs,
    requestId: requestIdOf(headers),
    vendorCode: usual.vendorCode,
    ...reading,
    code: reading.code ?? code,
    applied: exchange.appliedEarlier === 'maybe' ? 'maybe' : (reading.applied ?? applied),
    status,
    message: `${exchange.subject}: ${status}, ${words}${said === undefined || said === '""' ? '.' : `: ${said}`}`,
  })
}

function parsed(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Where error bodies usually carry their code and text: RFC 9457, OAuth, JSON:API, Google, Azure and the like. */
function usualReading(body: unknown): {
  readonly message?: string | undefined
  readonly vendorCode?: string | undefined
} {
  const outer = first(body)
  if (outer === undefined) return {}
  const inner = first(outer['error']) ?? first(outer['errors']) ?? outer
  const error = typeof outer['error'] === 'string' ? outer['error'] : undefined
  return {
    message: words(
      inner['message'],
      inner['detail'],
      inner['title'],
      outer['error_description'],
      outer['message'],
      error,
    ),
    vendorCode: words(inner['code'], inner['status'], inner['type'], error)?.slice(0, 100),
  }
}

function first(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const item: unknown = Array.isArray(value) ? value[0] : value
  return typeof item === 'object' && item !== null ? (item as Readonly<Record<string, unknown>>) : undefined
}

function words(...candidates: readonly unknown[]): string | undefined {
  for (const candidate of candidates) {
    if (typeof candidate === 'string' && candidate !== '') return candidate
    if (typeof candidate === 'number') return String(candidate)
  }
  return undefined
}
