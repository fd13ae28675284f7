import { invalidInput } from '../errors/connector-error.ts'
import type { TlsConfig } from '../contract/uniform-config.ts'

/**
 * The TLS rule: a peer that is not loopback needs TLS. Plaintext must be asked for with `tls: { insecure: 'plaintext' }`
 * and raises the event `plaintext`.
 * @throws `invalid_input` where the connection would be unencrypted.
 */
export function assertTransport(peer: {
  readonly host: string
  /** Will the connection be encrypted with verification? */
  readonly secure: boolean
  readonly tls: TlsConfig | undefined
  readonly event?: ((name: string, detail: Readonly<Record<string, unknown>>) => void) | undefined
}): void {
  if (peer.secure || isLoopback(peer.host)) return
  if (peer.tls?.insecure === 'plaintext') {
    peer.event?.('plaintext', { host: peer.host })
    return
  }
  throw invalidInput(
    `The connection to ${peer.host} would not be encrypted. Use TLS, or allow it for this connection with tls: { insecure: 'plaintext' }.`,
  )
}

/** Is the host this machine, by its name or address? Names are not looked up: only `localhost` and its subdomains count (RFC 6761). */
export function isLoopback(host: string): boolean {
  const name = host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  return loopbackAddress.test(name)
}

/** 127.0.0.0/8, ::1 in its short and long form, and 127.0.0.0/8 mapped into IPv6. */
const loopbackAddress = /^(?:(?:::ffff:)?127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}|::1|(?:0{1,4}:){7}0{0,3}1)$/
