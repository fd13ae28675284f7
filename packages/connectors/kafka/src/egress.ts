import { assertTransport, ConnectorError, isLoopback, type OpenContext } from '@casare/core'
import type { ParsedConfig } from './config.ts'

/** A host and its port. */
export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

/** An address as it is written. */
export function parseAddress(text: string): BrokerAddress {
  const at = text.lastIndexOf(':')
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) }
}

/** Does the connection speak TLS? */
export function isSecure({ secure, brokers }: ParsedConfig): boolean {
  return secure ?? !brokers.every((one) => isLoopback(parseAddress(one).host))
}

/**
 * Where to connect to for an address that the cluster names. A cluster that is not trustworthy, or somebody in between,
 * could otherwise lead us anywhere within our own network.
 */
export function egressRules(
  config: ParsedConfig,
  { tls, event }: Pick<OpenContext, 'tls' | 'event'>,
): (named: BrokerAddress) => BrokerAddress {
  const configured = config.brokers.map((one) => parseAddress(one).host.toLowerCase())
  const anyLoopback = configured.some(isLoopback)
  const secure = isSecure(config)
  const seen = new Set<string>()
  return ({ host, port }) => {
    const instead = config.brokerAddresses[`${host.includes(':') ? `[${host}]` : host}:${port}`]
    const target = instead === undefined ? { host, port } : parseAddress(instead)
    const name = host.toLowerCase()
    const allowed =
      instead !== undefined ||
      configured.includes(name) ||
      config.allowBrokers.some((pattern) => matches(pattern.toLowerCase(), name)) ||
      (isLoopback(name) && anyLoopback)
    if (!allowed)
      throw new ConnectorError({
        code: 'permission_denied',
        message: `Kafka: the cluster names the broker ${host}:${port}, which this connection may not connect to; add its host to allowBrokers.`,
      })
    assertTransport({ host: target.host, secure, tls, event: seen.has(target.host) ? undefined : event })
    seen.add(target.host)
    return target
  }
}

function matches(pattern: string, host: string): boolean {
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern
}
