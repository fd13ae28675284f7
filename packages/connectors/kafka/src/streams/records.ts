import { listens, stream, writes, type WriteFailure, schema } from '@casare/core'
import { bytes, timestamp } from '@casare/core/zod'
import { z } from 'zod'
import { GroupConsumer } from '../consuming/group-consumer.ts'
import type { KafkaClient } from '../kafka-client.ts'
import { groupName, offset, topicName } from '../name-schema.ts'
import type { KafkaRecord, OutgoingRecord } from '../record.ts'
import { writeRecords } from '../writing/write-records.ts'

const textOrBytes = z.union([z.string(), bytes()])
const outgoing = z.strictObject({
  value: z.unknown().describe('Bytes and texts are written as they are, null as a tombstone, anything else as JSON.'),
  key: z.union([z.null(), textOrBytes]).optional().describe('Records of one key are in one partition, in their order.'),
  headers: z.record(z.string().min(1).max(1_000), textOrBytes).optional(),
  partition: z.number().int().min(0).max(2_147_483_647).optional().describe('Default: by the key, else any.'),
  timestamp: timestamp('When it happened. Default: now.').optional(),
}) as unknown as z.ZodType<OutgoingRecord>

const arrived = z.object({
  topic: z.string(),
  partition: z.number().int(),
  offset: z.string().describe('Decimal; it has 64 bits.'),
  key: z.unknown().describe('A text where the bytes are UTF-8, else bytes; null where there is none.'),
  value: z.unknown().describe('The value, decoded as asked for; null is a tombstone.'),
  headers: z.record(z.string(), z.unknown()).describe('Texts where the bytes are UTF-8, else bytes.'),
  timestamp: timestamp('When it happened, or was written.'),
}) as unknown as z.ZodType<KafkaRecord>

/** The records of topics. */
export const records = stream({
  description: 'Records: written to a topic in batches, or handled in a consumer group as they arrive.',
  listen: listens({
    description:
      'Handles the records of topics as a member of a consumer group, each at least once. The position of the group follows what is handled. A record that is given back comes again after its delay, and what follows in its partition (or of its key) waits.',
    input: schema(() =>
      z.strictObject({
        topics: z.array(topicName).min(1).max(1_000).describe('Names of the topics.'),
        group: groupName,
        from: z
          .union([
            z.enum(['earliest', 'latest']),
            z.strictObject({ timestamp: timestamp('The first record at or after this time.') }),
            z.strictObject({ offset }),
          ])
          .default('latest')
          .describe('Where partitions begin in which the group has no position yet.'),
        order: z
          .enum(['partition', 'key'])
          .default('partition')
          .describe(
            'What is handled in order: all of a partition, or only what has one key, so that more is handled at once.',
          ),
        decode: z
          .enum(['auto', 'json', 'text', 'bytes'])
          .default('auto')
          .describe('How values are read: "auto" goes by the header content-type (JSON, text, else bytes).'),
        maxRedeliveries: z
          .number()
          .int()
          .min(0)
          .max(1_000_000)
          .default(20)
          .describe('How often a record comes again; then it is put aside, where there is a deadLetterTopic.'),
        deadLetterTopic: topicName
          .optional()
          .describe('Takes records that can never be handled. Without it they hold up what follows them.'),
        sessionTimeoutMs: z
          .number()
          .int()
          .min(1_000)
          .max(180_000)
          .default(30_000)
          .describe(
            'After this long without a sign of life the group gives the partitions to others, in milliseconds.',
          ),
        commitMs: z
          .number()
          .int()
          .min(10)
          .max(60_000)
          .default(1_000)
          .describe('The position is committed after each batch, and at least this often within one, in milliseconds.'),
      }),
    ),
    event: arrived,
    heartbeatMs: 60_000,
    errors: ['not_found', 'conflict'],
    subscribe: (client: KafkaClient, input, context) => new GroupConsumer(client, input, context).run(),
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
