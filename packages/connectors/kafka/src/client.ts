import { assertTransport, ConnectorError, type CallContext, type OpenContext } from '@casare/core'
import type { ParsedConfig } from './config.ts'
import { isSecure, parseAddress } from './egress.ts'
import { factsFor } from './errors.ts'
import { KafkaClient } from './kafka-client.ts'

/** Opens the connection; fails here where no broker is there, is to be trusted, or lets us in. */
export async function open(config: ParsedConfig, context: OpenContext): Promise<KafkaClient> {
  const secure = isSecure(config)
  for (const broker of config.brokers) assertTransport({ host: parseAddress(broker).host, secure, tls: context.tls })
  // It brings Node's TLS along, which costs an import more than all the rest of this package.
  const { kafkajsDriver } = await import('./driver/kafkajs-driver.ts')
  try {
    return new KafkaClient(await kafkajsDriver(config, context), context)
  } catch (error) {
    if (context.signal.aborted) throw context.signal.reason
    // Nothing of a call has been sent.
    throw new ConnectorError({ ...factsFor(error), applied: 'no' })
  }
}

export function close(client: KafkaClient): Promise<void> {
  return client.driver.close()
}

/** A broker answers. */
export async function check(client: KafkaClient, { signal }: CallContext): Promise<void> {
  await client.call('the check', signal, (driver) => driver.topics())
}
