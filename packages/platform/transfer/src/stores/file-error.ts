import { ConnectorError, type ErrorCode } from '@casare/core'

const codes: Readonly<Record<string, { code: ErrorCode; what: string }>> = {
  ENOENT: { code: 'not_found', what: 'is not there' },
  ENOTDIR: { code: 'not_found', what: 'is not there: a name on its way is a file' },
  EACCES: { code: 'permission_denied', what: 'may not be used by this process' },
  EPERM: { code: 'permission_denied', what: 'may not be used by this process' },
  EROFS: { code: 'permission_denied', what: 'lies on a disk that is read-only' },
  EISDIR: { code: 'conflict', what: 'is a folder' },
  ENOTEMPTY: { code: 'conflict', what: 'is a folder' },
  ENOSPC: { code: 'unavailable', what: 'cannot be written: the disk is full' },
  EDQUOT: { code: 'unavailable', what: 'cannot be written: the quota is used up' },
  ENAMETOOLONG: { code: 'invalid_input', what: 'has too long a name' },
}

/** A failure of the file system in our words; other errors as they are. */
export function toFileError(error: unknown, path: string): unknown {
  const known = codes[(error as { code?: string } | null)?.code ?? '']
  if (known === undefined || ConnectorError.is(error)) return error
  // A full disk is not empty a second later: nothing repeats this by itself.
  return new ConnectorError({
    code: known.code,
    applied: 'no',
    transient: false,
    message: `${path} ${known.what}.`,
    cause: error,
  })
}
