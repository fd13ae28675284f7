import { ConnectorError, networkFacts, type ErrorCode } from '@casare/core'
import type { Exchange } from '../exchange.ts'

type Row = readonly [code: ErrorCode, transient: boolean, words: string]

/**
 * Codes of undici (https://undici.nodejs.org/#/docs/api/Errors), of its parser (HPE_*) and of zlib. What they prove about
 * the effect is decided by how far the exchange had come.
 */
const table: Readonly<Record<string, Row>> = {
  UND_ERR_CONNECT_TIMEOUT: ['timeout', true, 'no connection within timeouts.connectMs'],
  UND_ERR_HEADERS_TIMEOUT: ['timeout', true, 'no answer within timeouts.readMs'],
  UND_ERR_BODY_TIMEOUT: ['timeout', true, 'the answer stalled for longer than timeouts.readMs'],
  UND_ERR_HEADERS_OVERFLOW: ['internal', false, 'the header of the answer is larger than limits.maxHeaderBytes'],
  HPE_HEADER_OVERFLOW: ['internal', false, 'the header of the answer is larger than limits.maxHeaderBytes'],
  UND_ERR_SOCKET: ['unavailable', true, 'the connection was closed before the answer was complete'],
  UND_ERR_INFO: ['unavailable', true, 'the connection was closed before the answer was complete'],
  HPE_INVALID_EOF_STATE: ['unavailable', true, 'the connection was closed before the answer was complete'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['unavailable', true, 'the answer is shorter or longer than it announced'],
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: ['invalid_input', false, 'the body is not as long as it announced'],
  UND_ERR_INVALID_ARG: ['invalid_input', false, 'the request is not possible in HTTP'],
  UND_ERR_NOT_SUPPORTED: ['invalid_input', false, 'the request is not possible in HTTP'],
  UND_ERR_DESTROYED: ['cancelled', false, 'the client is closed'],
  UND_ERR_CLOSED: ['cancelled', false, 'the client is closed'],
  ERR_STREAM_PREMATURE_CLOSE: ['unavailable', true, 'the connection was closed before the answer was complete'],
  Z_BUF_ERROR: ['unavailable', true, 'the compressed answer ends too early'],
  Z_DATA_ERROR: ['internal', false, 'the answer is not compressed as it says'],
}

/** Any failure of an exchange as a `ConnectorError`; an abort keeps its reason where that says more. */
export function toExchangeError(error: unknown, exchange: Exchange, signal: AbortSignal): Error {
  if (signal.aborted) return abortError(exchange, signal.reason)
  if (ConnectorError.is(error)) return error
  if (exchange.sourceError !== undefined) return sourceFailure(exchange)
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? ''
  const row = rowFor(code)
  if (row !== undefined) return fromRow(row, code, exchange, error)
  const facts = networkFacts(error, exchange.subject)
  if (facts !== undefined) return new ConnectorError({ ...facts, applied: exchange.applied, status: exchange.status })
  const message = messageOf(error)
  return new ConnectorError({
    code: 'internal',
    applied: exchange.applied,
    message: `${exchange.subject}: ${message}`,
    cause: error,
  })
}

function rowFor(code: string): Row | undefined {
  if (Object.hasOwn(table, code)) return table[code]
  if (code.startsWith('HPE_')) return ['internal', false, 'the answer is not HTTP']
  if (code.startsWith('ERR__ERROR_FORMAT') || code.startsWith('ERR_PADDING') || code.startsWith('ZSTD_error'))
    return ['internal', false, 'the answer is not compressed as it says']
  return undefined
}

function fromRow([code, transient, words]: Row, nativeCode: string, exchange: Exchange, error: unknown): Error {
  return new ConnectorError({
    code,
    transient,
    applied: provesNothingSent(error) ? exchange.appliedEarlier : exchange.applied,
    status: exchange.status,
    message: `${exchange.subject}: ${words}.`,
    vendorCode: nativeCode,
    cause: error,
  })
}

/** A connection that never carried a byte of ours cannot have carried this request. */
function provesNothingSent(error: unknown): boolean {
  const socket = (error as { socket?: { bytesWritten?: unknown } | null } | undefined)?.socket
  return socket?.bytesWritten === 0
}

function sourceFailure(exchange: Exchange): Error {
  const error = exchange.sourceError?.error
  if (ConnectorError.is(error)) return error
  const message = messageOf(error)
  return new ConnectorError({
    code: 'invalid_input',
    applied: exchange.applied,
    message: `${exchange.subject}: the stream of the request body failed: ${message}`,
    cause: error,
  })
}

function abortError(exchange: Exchange, reason: unknown): Error {
  const name = (reason as Error | undefined)?.name ?? ''
  if (ConnectorError.is(reason) || name === 'ResilienceError') return reason as Error
  const timeout = name === 'TimeoutError'
  return new ConnectorError({
    code: timeout ? 'timeout' : 'cancelled',
    applied: exchange.applied,
    message: `${exchange.subject}: ${timeout ? 'the time allowed is over' : 'cancelled by the caller'}.`,
    cause: reason,
  })
}

/** An answer that arrived, and that we cannot or will not use. */
export function unusableAnswer(exchange: Exchange, words: string, facts: { cause?: unknown } = {}): ConnectorError {
  return new ConnectorError({
    code: 'internal',
    transient: false,
    applied: exchange.applied,
    status: exchange.status,
    message: `${exchange.subject}: ${words}`,
    ...facts,
  })
}

/** Also of errors of another realm, which are not `instanceof Error` here. */
function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error)
}
