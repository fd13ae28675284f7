import { assertTransport, type OpenContext } from '@casare/core'
import { addressOf } from './address.ts'
import type { ParsedConfig } from './config.ts'
import { dial } from './dial.ts'
import type { RedisClient } from './redis-client.ts'
import { RedisLink } from './redis-link.ts'

/** Opens the connection; fails here where the server is not there, not to be trusted, or refuses the credentials. */
export async function open(config: ParsedConfig, context: OpenContext): Promise<RedisLink> {
  const { tls, timeouts, event, signal } = context
  const address = addressOf(config)
  assertTransport({ host: address.host, secure: address.secure, tls, event })
  const settings = {
    address,
    tls,
    timeouts,
    clientName: config.clientName,
    maxQueuedCommands: config.maxQueuedCommands,
  }
  const link = new RedisLink({
    dial: (aborted) => dial(settings, aborted),
    silenceMs: timeouts.readMs,
    event,
  })
  const abort = (): void => link.close()
  signal.addEventListener('abort', abort, { once: true })
  try {
    await link.connect()
    return link
  } catch (error) {
    link.close()
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

export function close(link: RedisLink): void {
  link.close()
}

export async function check(client: RedisClient): Promise<void> {
  await client.send(['PING'])
}
