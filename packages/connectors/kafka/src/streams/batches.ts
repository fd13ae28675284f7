import { listens, schema, stream } from '@casare/core'
import { z } from 'zod'
import { ChunkWorker } from '../consuming/chunk-worker.ts'
import { GroupConsumer } from '../consuming/group-consumer.ts'
import type { KafkaClient } from '../kafka-client.ts'
import type { RecordBatch } from '../record.ts'
import { arrivedRecord } from './arrived-record.ts'
import { listenInput } from './listen-input.ts'

const batch = z.object({
  topic: z.string(),
  partition: z.number().int(),
  records: z.array(arrivedRecord).describe('Records of the partition, in their order; at least one.'),
}) as unknown as z.ZodType<RecordBatch>

/** The records of topics, many at a time. */
export const batches = stream({
  description: 'Records of topics, handled many at a time.',
  listen: listens({
    description:
      'Handles the records of topics as a member of a consumer group, those of one partition together, each at least once. The position is committed after them. A handler that got only so far says so by `throw failedAt(index, error)`: what is before that is committed. A batch that fails without that comes again whole.',
    input: schema(() =>
      z.strictObject({
        ...listenInput(),
        maxRecords: z
          .number()
          .int()
          .min(1)
          .max(100_000)
          .default(500)
          .describe('Records at once, at most. There are fewer where no more have arrived.'),
      }),
    ),
    event: batch,
    heartbeatMs: 60_000,
    errors: ['not_found', 'conflict'],
    subscribe(client: KafkaClient, { maxRecords, ...input }, context) {
      const ordered = { ...input, order: 'partition' } as const
      return new GroupConsumer(client, ordered, context, (lanes) => [new ChunkWorker(lanes, context, maxRecords)]).run()
    },
  }),
})
