import { assertTransport, ConnectorError, isLoopback, type OpenContext } from '@casare/core'

/** Who may be connected to besides those who are configured. */
export interface EgressRules {
  /** Addresses that are configured, host:port. */
  readonly nodes: readonly string[]
  /** Hosts that may be named, too; "*.example.com" is any host below. */
  readonly allowNodes: readonly string[]
  readonly secure: boolean
}

/** A host and its port. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** An address as it is written. */
export function endpointOf(text: string): Endpoint {
  const at = text.lastIndexOf(':')
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) }
}

/**
 * Holds what servers name against the rules: one that is not trustworthy could lead us anywhere within our own network.
 * @throws `permission_denied` for a host that nobody has allowed.
 */
export function egress(
  { nodes, allowNodes, secure }: EgressRules,
  { tls, event }: Pick<OpenContext, 'tls' | 'event'>,
): (named: Endpoint) => Endpoint {
  const configured = nodes.map((one) => endpointOf(one).host.toLowerCase())
  const anyLoopback = configured.some(isLoopback)
  const seen = new Set<string>()
  return (named) => {
    const name = named.host.toLowerCase()
    const allowed =
      configured.includes(name) ||
      allowNodes.some((pattern) => matches(pattern.toLowerCase(), name)) ||
      (isLoopback(name) && anyLoopback)
    if (!allowed)
      throw new ConnectorError({
        code: 'permission_denied',
        applied: 'no',
        message: `Redis: a server names the node ${named.host}:${named.port}, which this connection may not connect to; add its host to allowNodes.`,
      })
    assertTransport({ host: named.host, secure, tls, event: seen.has(name) ? undefined : event })
    seen.add(name)
    return named
  }
}

function matches(pattern: string, host: string): boolean {
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern
}
