import { ConnectorError, isError, networkFacts, type ErrorCode, type ErrorFacts } from '@casare/core'

/** The system's name in messages. */
export const title = 'MySQL'

type Row = readonly [code: ErrorCode, applied: 'no' | 'maybe', transient: boolean, advice: string]

const notAllowed = 'loadData needs local_infile = 1 on the server; files of this machine are never sent.'

/**
 * Errors of the server by number (https://mariadb.com/kb/en/mariadb-error-code-reference/ and
 * https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html). A statement that fails is rolled back by a
 * transactional engine, so nothing was applied; only where the connection or the server ends, nobody can tell.
 */
const table: Readonly<Record<number, Row>> = {
  1007: ['already_exists', 'no', false, ''],
  1020: ['conflict', 'no', true, ''],
  1022: ['already_exists', 'no', false, ''],
  1040: ['unavailable', 'no', true, 'A smaller pool.max leaves room for others.'],
  1044: ['permission_denied', 'no', false, ''],
  1045: ['unauthenticated', 'no', false, ''],
  1049: ['not_found', 'no', false, ''],
  1050: ['already_exists', 'no', false, ''],
  1051: ['not_found', 'no', false, ''],
  1053: ['unavailable', 'maybe', true, ''],
  1062: ['already_exists', 'no', false, ''],
  1091: ['not_found', 'no', false, ''],
  1114: ['unavailable', 'no', false, 'The disk of the server, or the table, is full.'],
  1129: ['unavailable', 'no', false, ''],
  1130: ['permission_denied', 'no', false, ''],
  1142: ['permission_denied', 'no', false, ''],
  1143: ['permission_denied', 'no', false, ''],
  1146: ['not_found', 'no', false, ''],
  1148: ['permission_denied', 'no', false, notAllowed],
  1153: ['invalid_input', 'no', false, 'Raise max_allowed_packet on the server, or send less at once.'],
  1158: ['unavailable', 'maybe', true, ''],
  1159: ['unavailable', 'maybe', true, ''],
  1160: ['unavailable', 'maybe', true, ''],
  1161: ['unavailable', 'maybe', true, ''],
  1203: ['unavailable', 'no', true, 'A smaller pool.max leaves room for others.'],
  1205: ['conflict', 'no', true, 'Another transaction holds the row for longer than innodb_lock_wait_timeout.'],
  1213: ['conflict', 'no', true, 'The whole transaction was rolled back.'],
  1216: ['conflict', 'no', false, ''],
  1217: ['conflict', 'no', false, ''],
  1226: ['rate_limited', 'no', true, ''],
  1227: ['permission_denied', 'no', false, ''],
  1235: ['unsupported', 'no', false, ''],
  1290: ['permission_denied', 'no', false, ''],
  1295: ['unsupported', 'no', false, 'The statement cannot be prepared, so it takes no values.'],
  1304: ['already_exists', 'no', false, ''],
  1305: ['not_found', 'no', false, ''],
  1317: ['timeout', 'no', true, ''],
  1370: ['permission_denied', 'no', false, ''],
  1451: ['conflict', 'no', false, ''],
  1452: ['conflict', 'no', false, ''],
  1461: ['unavailable', 'no', false, 'Lower maxStatements, or raise max_prepared_stmt_count.'],
  1586: ['already_exists', 'no', false, ''],
  1637: ['conflict', 'no', true, ''],
  1698: ['unauthenticated', 'no', false, ''],
  1792: ['permission_denied', 'no', false, 'The connection or the transaction is read-only.'],
  1836: ['permission_denied', 'no', false, ''],
  1927: ['unavailable', 'maybe', true, ''],
  1969: ['timeout', 'no', true, ''],
  3024: ['timeout', 'no', true, ''],
  3572: ['conflict', 'no', true, ''],
  3948: ['permission_denied', 'no', false, notAllowed],
  4166: ['permission_denied', 'no', false, notAllowed],
}

/** By class of SQLSTATE, for what is not listed. */
const classes: Readonly<Record<string, Row>> = {
  '08': ['unavailable', 'maybe', true, ''],
  '21': ['invalid_input', 'no', false, ''],
  '22': ['invalid_input', 'no', false, ''],
  '23': ['invalid_input', 'no', false, ''],
  '28': ['unauthenticated', 'no', false, ''],
  '40': ['conflict', 'no', true, ''],
  '42': ['invalid_input', 'no', false, ''],
  '45': ['invalid_input', 'no', false, ''],
}

/** What HY000 is, by number, where it is the caller's doing. */
const callerErrors = new Set([1210, 1265, 1267, 1300, 1292, 1364, 1366, 1390, 1411, 1525, 1048, 3140, 3819, 4025, 4038])

const unlisted: Row = ['internal', 'maybe', false, '']

/** What mysql2 throws for an error that the server told. */
export interface ServerError extends Error {
  readonly errno: number
  readonly sqlState: string
}

/** Did the server tell this error? */
export function isServerError(error: unknown): error is ServerError {
  const { errno, sqlState } = (isError(error) ? error : {}) as { errno?: unknown; sqlState?: unknown }
  return typeof errno === 'number' && typeof sqlState === 'string'
}

/** After such an error the transaction is rolled back, or may be: what follows would run outside of it. */
export function endsTransaction(error: unknown): boolean {
  return ConnectorError.is(error) && /^(1020|1180|1205|1213|1614)$/.test(error.vendorCode ?? '')
}

/** The text that the server did not take for a time, where that is why a statement failed. */
export function refusedTime(error: unknown): string | undefined {
  if (!ConnectorError.is(error) || error.vendorCode !== '1292' || !isServerError(error.cause)) return undefined
  return /^Incorrect (?:date|datetime|timestamp) value: '([^']+)'/.exec(error.cause.message)?.[1]
}

/** A failure of mysql2 as facts; `undefined` for anything else. */
export function toError(error: unknown): ErrorFacts | undefined {
  if (isServerError(error)) return serverFacts(error, undefined)
  const network = networkFacts(error, 'MySQL')
  if (network !== undefined) return network
  return isError(error) ? driverFacts(error) : undefined
}

/** @param label the statement, where it is one of several. */
export function serverFacts(error: ServerError, label: string | undefined): ErrorFacts {
  const { errno, sqlState, message } = error
  const [code, applied, transient, advice] = rowFor(errno, sqlState)
  return {
    code,
    applied,
    transient,
    overload: errno === 1040 || errno === 1203,
    message: `MySQL${label === undefined ? '' : `, ${label}`}: ${sentence(message)}${advice === '' ? '' : ` ${advice}`}`,
    vendorCode: String(errno),
    cause: error,
  }
}

/** A warning, as SHOW WARNINGS tells it. */
export interface Warning {
  readonly code: number
  readonly message: string
}

/** LOAD DATA from a client passes over what does not fit, and warns: for us that is a failure of the whole. */
export function loadFailure({ code, message }: Warning, count: number): ConnectorError {
  return new ConnectorError({
    code: callerErrors.has(code) ? 'invalid_input' : (table[code]?.[0] ?? 'invalid_input'),
    applied: 'no',
    message: `MySQL: ${sentence(message)} Nothing was loaded; ${count === 1 ? 'that was all that did not fit' : `${count} rows or values did not fit`}.`,
    vendorCode: String(code),
  })
}

function rowFor(errno: number, sqlState: string): Row {
  if (callerErrors.has(errno)) return ['invalid_input', 'no', false, '']
  return table[errno] ?? classes[sqlState.slice(0, 2)] ?? unlisted
}

/** What mysql2 itself says, by its codes. */
const driverCodes: Readonly<Record<string, Row>> = {
  PROTOCOL_CONNECTION_LOST: ['unavailable', 'maybe', true, ''],
  PROTOCOL_PACKETS_OUT_OF_ORDER: ['unavailable', 'maybe', true, ''],
  PROTOCOL_SEQUENCE_TIMEOUT: ['timeout', 'maybe', true, ''],
  HANDSHAKE_NO_SSL_SUPPORT: ['unavailable', 'no', false, 'The server speaks no TLS.'],
  HANDSHAKE_SSL_ERROR: ['unavailable', 'no', false, ''],
  HANDSHAKE_UNKNOWN_ERROR: ['unavailable', 'no', false, ''],
  AUTH_SWITCH_PLUGIN_ERROR: ['unauthenticated', 'no', false, ''],
}

const driverWords: readonly (readonly [pattern: RegExp, row: Row])[] = [
  [/LOCAL INFILE/, ['permission_denied', 'no', false, 'It gets none: files of this machine are never sent.']],
  [/closed state|lost before/, ['unavailable', 'no', true, '']],
  [/closed the connection|silent for too long|Connection lost/, ['unavailable', 'maybe', true, '']],
  [/[Pp]acket|EOF|protocol|parser|Unexpected|index|offset|range|undefined/, ['unavailable', 'maybe', true, '']],
]

function driverFacts(error: Error): ErrorFacts | undefined {
  const { code } = error as { code?: unknown }
  const row =
    (typeof code === 'string' && Object.hasOwn(driverCodes, code) ? driverCodes[code] : undefined) ??
    driverWords.find(([pattern]) => pattern.test(error.message))?.[1]
  if (row === undefined) return undefined
  const [errorCode, applied, transient, advice] = row
  return {
    code: errorCode,
    applied,
    transient,
    message: `MySQL: ${sentence(error.message)}${advice === '' ? '' : ` ${advice}`}`,
    ...(typeof code === 'string' ? { vendorCode: code } : {}),
    cause: error,
  }
}

/** A failure while connecting: nothing was sent that could have an effect. */
export function connectingError(error: unknown, where = 'the server'): unknown {
  if (ConnectorError.is(error)) return error
  const facts = toError(error) ?? {
    code: 'unavailable',
    message: `MySQL at ${where}: ${isError(error) ? sentence(error.message) : String(error)}`,
    cause: error,
  }
  const code = facts.code === 'timeout' || facts.code === 'internal' ? 'unavailable' : facts.code
  return new ConnectorError({ ...facts, code, applied: 'no' })
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}
