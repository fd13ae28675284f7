import type { ArrivedRecord } from '../driver/driver.ts'
import type { KafkaClient } from '../kafka-client.ts'

const sendMs = 10_000

/** Where a record was when it was put aside. */
export interface Origin {
  readonly topic: string
  readonly partition: number
  readonly group: string
}

/** Writes a record as it is into the topic of dead letters, with headers that say where it was and why it is there. */
export async function putAside(
  client: KafkaClient,
  deadLetterTopic: string,
  { topic, partition, group }: Origin,
  { key, value, headers, timestamp, offset }: ArrivedRecord,
  reason: string,
): Promise<void> {
  const signal = AbortSignal.timeout(sendMs)
  const partitions = await client.partitions(deadLetterTopic, signal)
  const target = client.driver.partitionFor(key, partitions, deadLetterTopic)
  const notes = {
    'casare-reason': reason.slice(0, 1_000),
    'casare-topic': topic,
    'casare-partition': String(partition),
    'casare-offset': offset,
    'casare-group': group,
  }
  const noted = Object.fromEntries(Object.entries(notes).map(([name, text]) => [name, Buffer.from(text)]))
  const record = { key, value, timestamp, headers: { ...(headers as Record<string, Buffer | Buffer[]>), ...noted } }
  await client.call('a dead letter', signal, (driver) =>
    driver.send(deadLetterTopic, target, [record], { compression: 'none', acks: -1, timeoutMs: sendMs }),
  )
}
