import { assertTransport, invalidInput, type CallContext, type OpenContext } from '@casare/core'
import { addressOf } from './address.ts'
import type { ParsedConfig } from './config.ts'
import { RabbitmqClient } from './rabbitmq-client.ts'
import { dial } from './wire/dial.ts'

/** Opens the connection; fails here where the broker is not there, not to be trusted, or refuses us. */
export async function open(config: ParsedConfig, context: OpenContext): Promise<RabbitmqClient> {
  const { tls, timeouts, egress, event, signal } = context
  const { authentication, heartbeatMs, maxChannels, connectionName = 'casare' } = config
  const address = addressOf(config)
  assertTransport({ host: address.host, secure: address.secure, tls, event })
  if (authentication === 'certificate' && (tls.cert === undefined || !address.secure))
    throw invalidInput('RabbitMQ: authentication by certificate needs TLS with tls.cert and tls.key.')
  const client = new RabbitmqClient({
    dial: (purpose, aborted) =>
      dial(
        { address, authentication, tls, timeouts, egress, heartbeatMs, name: `${connectionName}: ${purpose}` },
        aborted,
      ),
    event,
    timeouts,
    maxChannels,
  })
  const abort = (): void => void client.close()
  signal.addEventListener('abort', abort, { once: true })
  try {
    await client.link.connection()
    return client
  } catch (error) {
    await client.close()
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

export function close(client: RabbitmqClient): Promise<void> {
  return client.close()
}

/** The broker answers, and no consumer is stalled. */
export async function check(client: RabbitmqClient, { signal }: CallContext): Promise<void> {
  // An exchange that every broker has (https://www.rabbitmq.com/docs/exchanges#default-exchanges).
  await client.command('the check', signal, (channel) => channel.checkExchange('amq.direct'))
  client.assertConsuming()
}
