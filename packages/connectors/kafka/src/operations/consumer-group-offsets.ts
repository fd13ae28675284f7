import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { KafkaClient } from '../kafka-client.ts'
import { groupName, topicName } from '../name-schema.ts'

/** Tells where a consumer group is in a topic, and how far behind. */
export const consumerGroupOffsets = operation({
  description: 'Tells where a consumer group is in a topic, and how many records it has before it.',
  effect: 'read',
  input: schema(() => z.strictObject({ topic: topicName, group: groupName })),
  output: schema(() =>
    z.object({
      partitions: z.array(
        z.object({
          partition: z.number().int(),
          offset: z.string().nullable().describe('What the group handles next; null where it has no position.'),
          lag: z.string().describe('How many records follow: all of them where it has no position.'),
        }),
      ),
    }),
  ),
  errors: ['not_found'],
  async run(client: KafkaClient, { topic, group }, { signal }) {
    await client.partitions(topic, signal)
    const [offsets, positions] = await Promise.all([
      client.call('consumerGroupOffsets', signal, (driver) => driver.offsets(topic)),
      client.call('consumerGroupOffsets', signal, (driver) => driver.groupOffsets(group, topic)),
    ])
    const byPartition = new Map(positions.map(({ partition, offset }) => [partition, offset]))
    return {
      partitions: offsets.map(({ partition, low, high }) => {
        const found = byPartition.get(partition)
        const offset = found === undefined || Number(found) < 0 ? null : found
        return { partition, offset, lag: String(BigInt(high) - BigInt(offset ?? low)) }
      }),
    }
  },
})
