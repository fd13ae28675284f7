import { isError, type ErrorCode, type ErrorFacts } from '@casare/core'

type Row = readonly [code: ErrorCode, transient: boolean, advice: string]

/** Codes of Node's file system (https://nodejs.org/api/errors.html#common-system-errors). A note is written whole or not at all. */
const table: Readonly<Record<string, Row>> = {
  ENOENT: ['not_found', false, 'There is no such note or folder.'],
  ENOTDIR: ['not_found', false, 'The folder is a file.'],
  EEXIST: ['already_exists', false, 'There is a note of this name.'],
  EISDIR: ['conflict', false, 'In its place is a folder.'],
  EACCES: ['permission_denied', false, 'This user may not do that in the folder.'],
  EPERM: ['permission_denied', false, 'The system does not allow it.'],
  EROFS: ['permission_denied', false, 'The disk is read-only.'],
  ENOSPC: ['unavailable', false, 'The disk is full.'],
  EDQUOT: ['unavailable', false, 'The quota of the disk is used up.'],
  EMFILE: ['unavailable', true, 'This process has too many files open.'],
  EIO: ['unavailable', false, 'The disk failed.'],
}

/** A failure of the file system as facts; `undefined` for anything else. */
export function toError(error: unknown): ErrorFacts | undefined {
  if (!isError(error)) return undefined
  const { code } = error as { code?: unknown }
  const row = typeof code === 'string' && Object.hasOwn(table, code) ? table[code] : undefined
  if (row === undefined) return undefined
  const [errorCode, transient, advice] = row
  return {
    code: errorCode,
    applied: 'no',
    transient,
    message: `Ldap: ${advice}`,
    vendorCode: String(code),
    cause: error,
  }
}
