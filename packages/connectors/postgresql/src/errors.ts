import { ConnectorError, isError, networkFacts, type ErrorCode, type ErrorFacts } from '@casare/core'
import type { Step } from './backend/statement.ts'

/** The system's name in messages. */
export const title = 'PostgreSQL'

type Applied = 'no' | 'maybe'
type Row = readonly [code: ErrorCode, applied: Applied, transient: boolean, advice: string]

/**
 * SQLSTATE codes and their classes (https://www.postgresql.org/docs/current/errcodes-appendix.html). A statement that fails
 * is rolled back, so nothing was applied; only where the server process itself ends, nobody can tell.
 */
const table: Readonly<Record<string, Row>> = {
  '08': ['unavailable', 'maybe', true, ''],
  '08001': ['unavailable', 'no', true, ''],
  '08004': ['unavailable', 'no', true, ''],
  '08P01': ['internal', 'maybe', false, ''],
  '0A': ['unsupported', 'no', false, ''],
  '0L': ['permission_denied', 'no', false, ''],
  '20': ['invalid_input', 'no', false, ''],
  '21': ['invalid_input', 'no', false, ''],
  '21000': ['conflict', 'no', false, ''],
  '22': ['invalid_input', 'no', false, ''],
  '23': ['invalid_input', 'no', false, ''],
  '23503': ['conflict', 'no', false, ''],
  '23505': ['already_exists', 'no', false, ''],
  '23P01': ['conflict', 'no', false, ''],
  '25': ['conflict', 'no', false, ''],
  '25006': ['permission_denied', 'no', false, 'The connection or the server is read-only.'],
  '25P02': ['conflict', 'no', false, 'An earlier statement of this transaction failed: it can only be rolled back.'],
  '25P03': ['timeout', 'no', false, 'The transaction was idle for longer than the server allows; it was rolled back.'],
  '26': ['conflict', 'no', true, 'A pooler in between? Then set maxStatements to 0.'],
  '28': ['unauthenticated', 'no', false, ''],
  '2BP01': ['conflict', 'no', false, ''],
  '3D000': ['not_found', 'no', false, ''],
  '3F000': ['not_found', 'no', false, ''],
  '40': ['conflict', 'no', true, ''],
  '40003': ['outcome_unknown', 'maybe', false, ''],
  '42': ['invalid_input', 'no', false, ''],
  '42501': ['permission_denied', 'no', false, ''],
  '42P01': ['not_found', 'no', false, ''],
  '42704': ['not_found', 'no', false, ''],
  '42883': ['not_found', 'no', false, ''],
  '42P04': ['already_exists', 'no', false, ''],
  '42P06': ['already_exists', 'no', false, ''],
  '42P07': ['already_exists', 'no', false, ''],
  '42710': ['already_exists', 'no', false, ''],
  '42723': ['already_exists', 'no', false, ''],
  '44': ['invalid_input', 'no', false, ''],
  '53': ['unavailable', 'no', true, ''],
  '53100': ['unavailable', 'no', false, 'The disk of the server is full.'],
  '53300': ['unavailable', 'no', true, 'A smaller pool.max leaves room for others.'],
  '54': ['invalid_input', 'no', false, ''],
  '55': ['conflict', 'no', false, ''],
  '55006': ['conflict', 'no', true, ''],
  '55P03': ['conflict', 'no', true, ''],
  '57': ['unavailable', 'maybe', true, ''],
  '57014': ['timeout', 'no', true, ''],
  '57P03': ['unavailable', 'no', true, ''],
  '57P05': ['unavailable', 'no', true, ''],
  '58': ['internal', 'maybe', false, ''],
  P0: ['invalid_input', 'no', false, ''],
  P0002: ['not_found', 'no', false, ''],
  XX: ['internal', 'maybe', false, ''],
}

const unlisted: Row = ['internal', 'maybe', false, '']

/** What pg throws for an error that the server told. */
export interface ServerError extends Error {
  readonly code: string
  readonly detail?: string | undefined
  readonly hint?: string | undefined
  /** Place in the statement, counted in characters from 1. */
  readonly position?: string | undefined
  readonly where?: string | undefined
  readonly table?: string | undefined
  readonly column?: string | undefined
  readonly constraint?: string | undefined
}

/** Did the server tell this error? Its code is a SQLSTATE. */
export function isServerError(error: unknown): error is ServerError {
  const code = isError(error) ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in (error as object)
}

/** A failure of pg as facts; `undefined` for anything else. */
export function toError(error: unknown): ErrorFacts | undefined {
  if (isServerError(error)) return serverFacts(error)
  const network = networkFacts(error, 'PostgreSQL')
  if (network !== undefined) return network
  return isError(error) ? driverFacts(error) : undefined
}

/** @param step the statement, to tell line and column of a syntax error. */
export function serverFacts(error: ServerError, step?: Step): ErrorFacts {
  const { code, message, detail, hint } = error
  const [errorCode, applied, transient, advice] = rowFor(error)
  const where = step?.label === undefined ? '' : `, ${step.label}`
  const parts = [`PostgreSQL${where}: ${sentence(message)}${placeIn(step?.text, error.position)}`, detail, hint, advice]
  return {
    code: errorCode,
    applied,
    transient,
    overload: code === '53300',
    message: parts
      .filter((part) => part !== undefined && part !== '')
      .map((part) => sentence(part ?? ''))
      .join(' '),
    vendorCode: code,
    cause: error,
  }
}

function rowFor({ code, message }: ServerError): Row {
  // The table changed since the statement was prepared; prepared anew it runs.
  if (code === '0A000' && /cached plan/.test(message)) return ['conflict', 'no', true, '']
  return table[code] ?? table[code.slice(0, 2)] ?? unlisted
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** ` (line 2, column 8)` */
function placeIn(text: string | undefined, position: string | undefined): string {
  if (text === undefined || position === undefined) return ''
  // The server counts characters, JavaScript counts halves of surrogate pairs.
  const before = [...text].slice(0, Number(position) - 1).join('')
  const lines = before.split('\n')
  return ` Line ${lines.length}, column ${[...(lines.at(-1) ?? '')].length + 1}.`
}

/** What pg itself says, by its words: it has no codes. */
const driverRows: readonly (readonly [pattern: RegExp, row: Row])[] = [
  [/does not support SSL/, ['unavailable', 'no', false, 'The server speaks no TLS.']],
  [/establishing an SSL connection/, ['unavailable', 'no', false, 'The server speaks no TLS on this port.']],
  [/timeout expired/, ['unavailable', 'no', true, 'The server did not answer within timeouts.connectMs.']],
  [/SASL|SCRAM|client password must be/, ['unauthenticated', 'no', false, '']],
  [/is not queryable/, ['unavailable', 'no', true, '']],
  [/Connection terminated/, ['unavailable', 'maybe', true, '']],
  [/no message of the protocol|received invalid response/, ['unavailable', 'maybe', true, '']],
]

function driverFacts(error: Error): ErrorFacts | undefined {
  const row = driverRows.find(([pattern]) => pattern.test(error.message))?.[1]
  if (row === undefined) return undefined
  const [code, applied, transient, advice] = row
  return {
    code,
    applied,
    transient,
    message: `PostgreSQL: ${sentence(error.message)}${advice === '' ? '' : ` ${advice}`}`,
    cause: error,
  }
}

/** A failure while connecting: nothing was sent that could have an effect. */
export function connectingError(error: unknown): unknown {
  if (ConnectorError.is(error)) return error
  const facts = toError(error)
  if (facts === undefined) return error
  const code = facts.code === 'timeout' || facts.code === 'internal' ? 'unavailable' : facts.code
  return new ConnectorError({ ...facts, code, applied: 'no' })
}
