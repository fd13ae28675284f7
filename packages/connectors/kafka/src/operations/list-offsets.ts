import { operation, schema } from '@casare/core'
import { timestamp } from '@casare/core/zod'
import { z } from 'zod'
import type { KafkaClient } from '../kafka-client.ts'
import { topicName } from '../name-schema.ts'

/** Tells where the partitions of a topic begin and end, and where a time is in them. */
export const listOffsets = operation({
  description: 'Tells where the partitions of a topic begin and end, and where a time is in them.',
  effect: 'read',
  input: schema(() =>
    z.strictObject({
      topic: topicName,
      at: timestamp('Tells the first record at or after this time, too.').optional(),
    }),
  ),
  output: schema(() =>
    z.object({
      partitions: z.array(
        z.object({
          partition: z.number().int(),
          low: z.string().describe('Offset of the first record that is there.'),
          high: z.string().describe('Offset that the next record will have.'),
          at: z
            .string()
            .optional()
            .describe('Offset of the first record at or after the time; the end where there is none.'),
        }),
      ),
    }),
  ),
  errors: ['not_found'],
  async run(client: KafkaClient, { topic, at }, { signal }) {
    await client.partitions(topic, signal)
    const offsets = await client.call('listOffsets', signal, (driver) => driver.offsets(topic))
    if (at === undefined) return { partitions: [...offsets] }
    const found = await client.call('listOffsets', signal, (driver) => driver.offsetsAt(topic, Date.parse(at)))
    const byPartition = new Map(found.map(({ partition, offset }) => [partition, offset]))
    return { partitions: offsets.map((one) => ({ ...one, at: byPartition.get(one.partition) ?? one.high })) }
  },
})
