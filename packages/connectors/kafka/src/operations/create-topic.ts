import { ConnectorError, operation, schema } from '@casare/core'
import { z } from 'zod'
import type { KafkaClient } from '../kafka-client.ts'
import { topicName } from '../name-schema.ts'

/** Makes a topic that must be new. */
export const createTopic = operation({
  description: 'Makes a new topic; fails where there is one of that name.',
  effect: 'unsafe',
  input: schema(() =>
    z.strictObject({
      topic: topicName,
      partitions: z.number().int().min(1).max(100_000).default(1).describe('How many partitions it has.'),
      replicationFactor: z.number().int().min(1).max(100).default(1).describe('How many brokers have each partition.'),
      settings: z
        .record(z.string().min(1), z.string())
        .default({})
        .describe('Settings of the topic, as Kafka names them (https://kafka.apache.org/documentation/#topicconfigs).'),
    }),
  ),
  output: schema(() => z.object({ topic: z.string() })),
  errors: ['already_exists'],
  async run(client: KafkaClient, { topic, ...options }, { signal }) {
    const created = await client.call('createTopic', signal, (driver) => driver.createTopic(topic, options))
    if (!created)
      throw new ConnectorError({ code: 'already_exists', message: `Kafka: there is a topic "${topic}" already.` })
    client.forget(topic)
    return { topic }
  },
})
