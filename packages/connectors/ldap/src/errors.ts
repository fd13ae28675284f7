import { isError, type Applied, type ErrorCode, type ErrorFacts } from '@casare/core'

type Row = readonly [code: ErrorCode, applied: Applied, transient: boolean, words: string]

/** Result codes (https://www.rfc-editor.org/rfc/rfc4511#appendix-A.2): the server has refused the request. */
const table: Readonly<Record<number, Row>> = {
  1: ['internal', 'no', false, 'the server could not order the request among others (operationsError)'],
  2: ['invalid_input', 'no', false, 'the server does not understand the request (protocolError)'],
  3: ['timeout', 'maybe', true, 'the time limit was reached'],
  4: ['invalid_input', 'no', false, 'more entries than the server gives at once; narrow the filter, or read entries'],
  7: ['unsupported', 'no', false, 'the server does not know this way to authenticate'],
  8: ['unauthenticated', 'no', false, 'the server wants a stronger authentication'],
  10: ['unsupported', 'no', false, 'the server refers to another one; referrals are not followed'],
  11: ['invalid_input', 'no', false, 'a limit that the administrator has set was exceeded'],
  12: ['unsupported', 'no', false, 'the server does not know a control that the request needs'],
  13: ['permission_denied', 'no', false, 'the server wants TLS: use ldaps:// or startTls'],
  16: ['not_found', 'no', false, 'the entry has no such attribute or value'],
  17: ['invalid_input', 'no', false, 'the schema knows no such attribute'],
  18: ['invalid_input', 'no', false, 'the matching rule does not fit the attribute'],
  19: ['invalid_input', 'no', false, 'the value breaks a rule of the directory'],
  20: ['already_exists', 'no', false, 'the attribute has this value already'],
  21: ['invalid_input', 'no', false, 'the value does not have the syntax of its attribute'],
  32: ['not_found', 'no', false, 'there is no such entry'],
  33: ['internal', 'no', false, 'an alias leads nowhere'],
  34: ['invalid_input', 'no', false, 'the server does not take the DN'],
  36: ['permission_denied', 'no', false, 'an alias may not be followed'],
  48: ['unauthenticated', 'no', false, 'the entry cannot authenticate like this'],
  49: ['unauthenticated', 'no', false, 'the credentials are wrong'],
  50: ['permission_denied', 'no', false, 'this account may not do that'],
  51: ['unavailable', 'no', true, 'the server is busy'],
  52: ['unavailable', 'no', true, 'the server is not available'],
  53: ['conflict', 'no', false, 'the server is unwilling, by a rule of its own'],
  54: ['internal', 'no', false, 'the server found a loop'],
  64: ['invalid_input', 'no', false, 'the entry may not have this name'],
  65: ['invalid_input', 'no', false, 'the entry would break its object class'],
  66: ['conflict', 'no', false, 'there are entries below it'],
  67: ['conflict', 'no', false, 'the value is part of the name of the entry; use rename'],
  68: ['already_exists', 'no', false, 'there is such an entry already'],
  69: ['invalid_input', 'no', false, 'the object class may not be changed like this'],
  71: ['unsupported', 'no', false, 'the request concerns more than one server'],
  80: ['internal', 'maybe', false, 'the server failed'],
}

/** A failure of the library as facts; `undefined` for anything else. */
export function toError(error: unknown): ErrorFacts | undefined {
  if (!isError(error)) return undefined
  const code = resultCode(error)
  if (code === undefined) return lost(error)
  // Active Directory says so where a request needs a bind.
  const unbound = code === 1 && /successful bind/i.test(error.message)
  const row: Row = table[code] ?? ['internal', 'maybe', false, 'the server gave a result that is not known']
  const [errorCode, applied, transient, words] = unbound ? (table[8] ?? row) : row
  const said = error.message
    .replace(/\s*Code: 0x[0-9a-f]+$/, '')
    .replace(/\0/g, '')
    .slice(0, 500)
  return {
    code: errorCode,
    applied,
    transient,
    vendorCode: String(code),
    message: `LDAP: ${words} (result code ${code}: ${said})`,
    cause: error,
  }
}

/** The result code that the server gave, where the failure is one. */
export function resultCode(error: unknown): number | undefined {
  if (!isError(error)) return undefined
  const { code } = error as { code?: unknown }
  return typeof code === 'number' && /Code: 0x[0-9a-f]+$/.test(error.message) ? code : undefined
}

function lost(error: Error): ErrorFacts | undefined {
  if (error.message === 'Socket connection not established')
    return {
      code: 'unavailable',
      applied: 'no',
      message: 'LDAP: the connection was lost before the request.',
      cause: error,
    }
  if (/^(?:Connection closed before message response|Socket error)/.test(error.message))
    return {
      code: 'unavailable',
      applied: 'maybe',
      message: 'LDAP: the connection was lost before the answer came.',
      cause: error,
    }
  return undefined
}
