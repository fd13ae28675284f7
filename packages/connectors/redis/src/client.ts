import { assertTransport, type OpenContext } from '@casare/core'
import { addressOf } from './address.ts'
import { RedisCluster } from './cluster/redis-cluster.ts'
import type { ParsedConfig } from './config.ts'
import { dial, type DialSettings } from './dial.ts'
import { egress } from './egress.ts'
import type { Driver, RedisClient } from './redis-client.ts'
import { RedisLink } from './redis-link.ts'
import { dialPrimary } from './sentinel.ts'

/** What `open` makes: the client of one server, or of a cluster. */
export interface OpenRedis extends RedisClient {
  close(): void
}

/** Opens the connection; fails here where the server is not there, not to be trusted, or refuses the credentials. */
export async function open(config: ParsedConfig, context: OpenContext): Promise<OpenRedis> {
  const client = clientFor(config, context)
  const { signal } = context
  const abort = (): void => client.close()
  signal.addEventListener('abort', abort, { once: true })
  try {
    await client.connect()
    return client
  } catch (error) {
    client.close()
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

export function close(client: OpenRedis): void {
  client.close()
}

function clientFor(config: ParsedConfig, context: OpenContext): RedisLink | RedisCluster {
  const { tls, timeouts, event, egress: guard } = context
  const { cluster, sentinel, clientName, maxQueuedCommands } = config
  const address = addressOf(config)
  const settings: DialSettings = { address, tls, timeouts, guard, clientName, maxQueuedCommands }
  const link = (dialOne: (aborted: AbortSignal) => Promise<Driver>): RedisLink =>
    new RedisLink({ dial: dialOne, silenceMs: timeouts.readMs, event })

  if (cluster !== undefined) {
    const allowed = egress({ ...cluster, secure: address.secure }, context)
    return new RedisCluster({
      nodes: cluster.nodes,
      event,
      linkTo(endpoint) {
        const node = { ...settings, address: { ...address, ...allowed(endpoint) } }
        return link((aborted) => dial(node, aborted))
      },
    })
  }
  if (sentinel !== undefined) {
    const allowed = egress({ ...sentinel, secure: address.secure }, context)
    const { nodes, primary, username, password } = sentinel
    const options = { nodes, primary, username, password: password?.reveal() }
    return link((aborted) => dialPrimary(settings, options, allowed, aborted))
  }
  assertTransport({ host: address.host, secure: address.secure, tls, event })
  return link((aborted) => dial(settings, aborted))
}

export async function check(client: RedisClient): Promise<void> {
  await client.send(['PING'])
}
