import { isIPv4, isIPv6 } from 'node:net'
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
  if (isIPv4(name)) return name.startsWith('127.')
  return isIPv6(name) && (name === '::1' || /^(0+:){7}0*1$/.test(name) || /^::ffff:127\./.test(name))
}
