import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { KafkaClient } from '../kafka-client.ts'
import { topicName } from '../name-schema.ts'

/** Tells the partitions of a topic, and who has them. */
export const describeTopic = operation({
  description: 'Tells the partitions of a topic, and which brokers have them.',
  effect: 'read',
  input: schema(() => z.strictObject({ topic: topicName })),
  output: schema(() =>
    z.object({
      partitions: z.array(
        z.object({
          partition: z.number().int(),
          leader: z.number().int().describe('Node id of the leader; -1 where there is none.'),
          replicas: z.array(z.number().int()).describe('Node ids.'),
          inSync: z.array(z.number().int()).describe('Node ids.'),
        }),
      ),
    }),
  ),
  errors: ['not_found'],
  async run(client: KafkaClient, { topic }, { signal }) {
    client.forget(topic)
    const partitions = await client.partitions(topic, signal)
    return {
      partitions: partitions.map((one) => ({ ...one, replicas: [...one.replicas], inSync: [...one.inSync] })),
    }
  },
})
