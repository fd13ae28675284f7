import type { ErrorFacts } from './connector-error.ts'
import type { ErrorCode } from './error-codes.ts'
import { isError } from '../values/kinds.ts'

type NetworkRow = readonly [code: ErrorCode, applied: 'no' | 'maybe', transient: boolean, words: string]

/** Node's system and TLS error codes (https://nodejs.org/api/errors.html#common-system-errors), and what they prove. */
const table: Readonly<Record<string, NetworkRow>> = {
  ECONNREFUSED: ['unavailable', 'no', true, 'connection refused'],
  ENOTFOUND: ['unavailable', 'no', true, 'host name not found'],
  EAI_AGAIN: ['unavailable', 'no', true, 'host name look-up failed for the moment'],
  EHOSTUNREACH: ['unavailable', 'no', true, 'host not reachable'],
  ENETUNREACH: ['unavailable', 'no', true, 'network not reachable'],
  EADDRNOTAVAIL: ['unavailable', 'no', true, 'no local address available'],
  ECONNRESET: ['unavailable', 'maybe', true, 'connection reset'],
  ECONNABORTED: ['unavailable', 'maybe', true, 'connection aborted'],
  EPIPE: ['unavailable', 'maybe', true, 'connection closed while writing'],
  // What a write meets when a TLS handshake fails: an older version of TLS, or no TLS at all on that port.
  EPROTO: [
    'unavailable',
    'maybe',
    false,
    'the two sides could not agree on TLS; is the port right, and TLS 1.2 offered',
  ],
  ETIMEDOUT: ['timeout', 'maybe', true, 'timed out'],
  EMFILE: ['unavailable', 'no', true, 'too many open files in this process'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['unavailable', 'no', false, 'the certificate is self-signed; pass its CA in tls.ca'],
  SELF_SIGNED_CERT_IN_CHAIN: [
    'unavailable',
    'no',
    false,
    'the certificate chain ends in an unknown CA; pass it in tls.ca',
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'unavailable',
    'no',
    false,
    'the certificate is signed by an unknown CA; pass it in tls.ca',
  ],
  UNABLE_TO_GET_ISSUER_CERT: [
    'unavailable',
    'no',
    false,
    'the certificate is signed by an unknown CA; pass it in tls.ca',
  ],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'unavailable',
    'no',
    false,
    'the certificate is signed by an unknown CA; pass it in tls.ca',
  ],
  CERT_HAS_EXPIRED: ['unavailable', 'no', false, 'the certificate has expired'],
  CERT_NOT_YET_VALID: ['unavailable', 'no', false, 'the certificate is not valid yet; is the clock right?'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['unavailable', 'no', false, 'the certificate is for another name; see tls.serverName'],
  ERR_SSL_WRONG_VERSION_NUMBER: ['unavailable', 'no', false, 'the server does not speak TLS on this port'],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: ['unavailable', 'no', false, 'the server does not speak TLS on this port'],
  ERR_SSL_UNSUPPORTED_PROTOCOL: ['unavailable', 'no', false, 'the server offers only TLS versions older than 1.2'],
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: ['unavailable', 'no', false, 'the server offers only TLS versions we refuse'],
  EACCES: ['permission_denied', 'no', false, 'permission denied by the operating system'],
  EPERM: ['permission_denied', 'no', false, 'not permitted by the operating system'],
  ENOSPC: ['unavailable', 'no', false, 'no space left on the device'],
}

/**
 * Facts of a network failure, from the error or one of its causes; `undefined` where it is none.
 * @param subject what could not be reached, for the message.
 */
export function networkFacts(error: unknown, subject: string): ErrorFacts | undefined {
  for (let current = error, depth = 0; depth < 5 && isError(current); depth += 1) {
    const code = (current as NodeJS.ErrnoException).code
    const row = typeof code === 'string' && Object.hasOwn(table, code) ? table[code] : undefined
    if (row !== undefined) {
      const [errorCode, applied, transient, words] = row
      return {
        code: errorCode,
        applied,
        transient,
        message: `${subject}: ${words}${placeOf(current, subject)} (${code}).`,
        vendorCode: code,
        cause: error,
      }
    }
    current = 'errors' in current && Array.isArray(current.errors) ? (current.errors[0] as unknown) : current.cause
  }
  return undefined
}

/** Whom it was about, where the error tells and the subject does not. */
function placeOf(error: Error, subject: string): string {
  const { hostname, address, port } = error as { hostname?: string; address?: string; port?: number }
  const place = hostname ?? (address === undefined || port === undefined ? undefined : `${address}:${port}`)
  return place === undefined || subject.includes(place) ? '' : `, ${place}`
}
