import { assertTransport, ConnectorError, type CallContext, type ErrorFacts, type OpenContext } from '@casare/core'
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
    throw new ConnectorError({ ...explained(factsFor(error), config), applied: 'no' })
  }
}

/** Says who was refused, and how it was tried. */
function explained(facts: ErrorFacts, { sasl }: ParsedConfig): ErrorFacts {
  if (sasl === undefined || facts.code !== 'unauthenticated') return facts
  const mechanism = sasl.mechanism.toUpperCase()
  const message = isNotOffered(facts)
    ? `Kafka: the cluster does not offer ${mechanism}, by which the user "${sasl.username}" was to prove who it is; choose another sasl.mechanism.`
    : `Kafka: the cluster refused the user "${sasl.username}" or its password (${mechanism}). ${facts.message}`
  return { ...facts, message }
}

function isNotOffered({ vendorCode, message }: ErrorFacts): boolean {
  return vendorCode === 'UNSUPPORTED_SASL_MECHANISM' || /mechanism is not supported/.test(message)
}

export function close(client: KafkaClient): Promise<void> {
  return client.driver.close()
}

/** A broker answers. */
export async function check(client: KafkaClient, { signal }: CallContext): Promise<void> {
  await client.call('the check', signal, (driver) => driver.topics())
}
