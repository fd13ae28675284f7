import { isError, type ErrorCode, type ErrorFacts } from '@casare/core'

/** The system's name in messages. */
export const title = 'SQLite'

type Row = readonly [code: ErrorCode, transient: boolean, advice: string]

/** SQLite's result codes (https://www.sqlite.org/rescode.html); a failed statement is rolled back, so nothing was applied. */
const table: Readonly<Record<string, Row>> = {
  SQLITE_BUSY: ['conflict', true, 'Somebody else holds the lock; a longer busyTimeoutMs waits longer.'],
  SQLITE_LOCKED: ['conflict', true, 'Another statement of this connection holds the table.'],
  SQLITE_READONLY: [
    'permission_denied',
    false,
    'The database cannot be written: the connection is read-only, or the file or its folder is.',
  ],
  SQLITE_PERM: ['permission_denied', false, 'The file may not be opened.'],
  SQLITE_AUTH: ['permission_denied', false, 'The statement is not allowed here.'],
  SQLITE_CANTOPEN: [
    'not_found',
    false,
    'The file cannot be opened: does its folder exist, and may this user read and write there?',
  ],
  SQLITE_NOTADB: ['invalid_input', false, 'The file is not a SQLite database, or is encrypted.'],
  SQLITE_CORRUPT: [
    'internal',
    false,
    'The database file is damaged; restore a backup, or see https://www.sqlite.org/recovery.html.',
  ],
  SQLITE_FULL: [
    'unavailable',
    false,
    'The disk is full, or the database has reached maxPages. Free some space; what was committed before is safe.',
  ],
  SQLITE_IOERR: ['unavailable', false, 'Reading or writing the file failed.'],
  SQLITE_TOOBIG: ['invalid_input', false, 'A text or blob is larger than SQLite takes (1,000,000,000 bytes).'],
  SQLITE_CONSTRAINT_UNIQUE: ['already_exists', false, ''],
  SQLITE_CONSTRAINT_PRIMARYKEY: ['already_exists', false, ''],
  SQLITE_CONSTRAINT_ROWID: ['already_exists', false, ''],
  SQLITE_CONSTRAINT_FOREIGNKEY: ['conflict', false, 'A row it refers to is missing, or a row refers to it.'],
  SQLITE_CONSTRAINT: ['invalid_input', false, ''],
  SQLITE_MISMATCH: ['invalid_input', false, 'The value does not fit the type of its column.'],
  SQLITE_RANGE: ['invalid_input', false, 'More values than placeholders.'],
  SQLITE_INTERRUPT: ['cancelled', false, 'The statement was ended between two rows.'],
  SQLITE_SCHEMA: ['conflict', true, 'The schema changed while the statement ran.'],
  SQLITE_ERROR: ['invalid_input', false, ''],
}

/** A failure of better-sqlite3 as facts; `undefined` for anything else. */
export function toError(error: unknown): ErrorFacts | undefined {
  if (!isError(error)) return undefined
  const { code } = error as { code?: unknown }
  if (typeof code === 'string' && code.startsWith('SQLITE_')) return ofResultCode(error, code)
  if (error.name === 'TypeError' && /director(y|ies)/.test(error.message))
    return {
      code: 'not_found',
      applied: 'no',
      message: 'SQLite: the folder of the database file does not exist.',
      cause: error,
    }
  // Wrong bindings are thrown by the driver itself, before SQLite sees the statement.
  if (error.name === 'RangeError' || error.name === 'TypeError')
    return { code: 'invalid_input', applied: 'no', message: `SQLite: ${error.message}.`, cause: error }
  return undefined
}

function ofResultCode(error: Error, code: string): ErrorFacts {
  const base = code.split('_').slice(0, 2).join('_')
  const [errorCode, transient, advice] = table[code] ?? table[base] ?? (['internal', false, ''] as const)
  return {
    code: missing.test(error.message) ? 'not_found' : errorCode,
    applied: 'no',
    transient,
    message: `SQLite: ${error.message}.${advice === '' ? '' : ` ${advice}`}`,
    vendorCode: code,
    cause: error,
  }
}

const missing = /^no such (table|view)/
