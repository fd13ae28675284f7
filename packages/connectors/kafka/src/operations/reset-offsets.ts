import { operation, schema } from '@casare/core'
import { timestamp } from '@casare/core/zod'
import { z } from 'zod'
import type { KafkaClient } from '../kafka-client.ts'
import { groupName, offset, topicName } from '../name-schema.ts'
import { movePositions } from '../consuming/move-positions.ts'

/** Moves a consumer group that is not running to other positions. */
export const resetOffsets = operation({
  description: 'Moves a consumer group, none of whose members may be running, to other positions in a topic.',
  effect: 'idempotent',
  input: schema(() =>
    z.strictObject({
      topic: topicName,
      group: groupName,
      to: z
        .union([
          z.enum(['earliest', 'latest']),
          z.strictObject({ timestamp: timestamp('The first record at or after this time.') }),
          z.strictObject({
            offsets: z
              .array(z.strictObject({ partition: z.number().int().min(0), offset }))
              .min(1)
              .describe('Positions of some partitions; the others stay.'),
          }),
        ])
        .describe('Where to.'),
    }),
  ),
  output: schema(() =>
    z.object({
      partitions: z.array(z.object({ partition: z.number().int(), offset: z.string() })).describe('The new positions.'),
    }),
  ),
  errors: ['not_found', 'conflict'],
  async run(client: KafkaClient, { topic, group, to }, { signal }) {
    await client.partitions(topic, signal)
    const { driver } = client
    const positions = await client.call('resetOffsets', signal, async () => {
      if (typeof to === 'object')
        return 'offsets' in to ? to.offsets : driver.offsetsAt(topic, Date.parse(to.timestamp))
      const offsets = await driver.offsets(topic)
      return offsets.map(({ partition, low, high }) => ({ partition, offset: to === 'earliest' ? low : high }))
    })
    await movePositions(client, { topic, group, positions, signal })
    return { partitions: positions.map(({ partition, offset: at }) => ({ partition, offset: at })) }
  },
})
