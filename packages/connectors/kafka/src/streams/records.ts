import { listens, reads, stream, writes, type WriteFailure, schema } from '@casare/core'
import { bytes, timestamp } from '@casare/core/zod'
import { z } from 'zod'
import type { Worker } from '../consuming/batch-run.ts'
import { GroupConsumer } from '../consuming/group-consumer.ts'
import { LaneWorker } from '../consuming/lane-worker.ts'
import type { Lanes } from '../consuming/lanes.ts'
import type { KafkaClient } from '../kafka-client.ts'
import { offset, partitionNumber, topicName } from '../name-schema.ts'
import type { OutgoingRecord } from '../record.ts'
import { readRecords } from '../reading/read-records.ts'
import { writeRecords } from '../writing/write-records.ts'
import { arrivedRecord } from './arrived-record.ts'
import { decode, listenInput } from './listen-input.ts'

const textOrBytes = z.union([z.string(), bytes()])
const outgoing = z.strictObject({
  value: z.unknown().describe('Bytes and texts are written as they are, null as a tombstone, anything else as JSON.'),
  key: z.union([z.null(), textOrBytes]).optional().describe('Records of one key are in one partition, in their order.'),
  headers: z.record(z.string().min(1).max(1_000), textOrBytes).optional(),
  partition: partitionNumber.optional().describe('Default: by the key, else any.'),
  timestamp: timestamp('When it happened. Default: now.').optional(),
}) as unknown as z.ZodType<OutgoingRecord>

/** The records of topics. */
export const records = stream({
  description: 'Records: written to a topic in batches, read from it, or handled in a consumer group as they arrive.',
  read: reads({
    description:
      'Reads a topic past any consumer group, partition after partition, up to where each ended when the read began. Going on from the last cursor gives what has been written since.',
    input: schema(() =>
      z.strictObject({
        topic: topicName,
        partitions: z.array(partitionNumber).min(1).max(100_000).optional().describe('Only these. Default: all.'),
        from: z
          .union([
            z.literal('earliest'),
            z.strictObject({ timestamp: timestamp('The first record at or after this time.') }),
            z.strictObject({
              offsets: z
                .array(z.strictObject({ partition: partitionNumber, offset }))
                .min(1)
                .describe('Where some partitions begin; the others begin with the earliest.'),
            }),
          ])
          .default('earliest')
          .describe('Where to begin, without a cursor.'),
        decode: decode(),
      }),
    ),
    record: arrivedRecord,
    cursor: schema(() =>
      z.strictObject({
        positions: z.record(z.string(), offset).describe('What comes next, by partition.'),
        ends: z.record(z.string(), offset).optional().describe('Up to where this read goes, by partition.'),
      }),
    ),
    errors: ['not_found'],
    identify: ({ topic, partition, offset: at }) => ({ id: `${topic}/${partition}/${at}` }),
    pages: (client: KafkaClient, input, context) => readRecords(client, input, context),
  }),
  listen: listens({
    description:
      'Handles the records of topics as a member of a consumer group, each at least once. The position of the group follows what is handled. A record that is given back comes again after its delay, and what follows in its partition (or of its key) waits.',
    input: schema(() =>
      z.strictObject({
        ...listenInput(),
        order: z
          .enum(['partition', 'key'])
          .default('partition')
          .describe(
            'What is handled in order: all of a partition, or only what has one key, so that more is handled at once.',
          ),
      }),
    ),
    event: arrivedRecord,
    heartbeatMs: 60_000,
    errors: ['not_found', 'conflict'],
    subscribe: (client: KafkaClient, input, context) => {
      const staff = (lanes: Lanes): readonly Worker[] =>
        Array.from({ length: Math.min(lanes.laneCount, context.concurrency) }, () => new LaneWorker(lanes, context))
      return new GroupConsumer(client, input, context, staff).run()
    },
  }),
  write: writes({
    description: 'Appends records to a topic; those of one key go to one partition, in their order.',
    input: schema(() =>
      z.strictObject({
        topic: topicName,
        compression: z.enum(['none', 'gzip']).default('none').describe('How batches are packed.'),
        acks: z
          .enum(['all', 'leader'])
          .default('all')
          .describe('Who must have a record before it counts as written: all replicas in sync, or the leader alone.'),
      }),
    ),
    record: outgoing,
    effect: 'unsafe',
    errors: ['not_found'],
    maxBatchRecords: 5_000,
    write: (client: KafkaClient, batch, input, context): Promise<readonly WriteFailure[]> =>
      writeRecords(client, batch as readonly OutgoingRecord[], input, context),
  }),
})
