import { timestamp } from '@casare/core/zod'
import { z } from 'zod'
import { groupName, offset, topicName } from '../name-schema.ts'

/** How values are read. */
export const decode = () =>
  z
    .enum(['auto', 'json', 'text', 'bytes'])
    .default('auto')
    .describe('How values are read: "auto" goes by the header content-type (JSON, text, else bytes).')

/** What every listener takes. */
export const listenInput = () => ({
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
  decode: decode(),
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
    .describe('After this long without a sign of life the group gives the partitions to others, in milliseconds.'),
  commitMs: z
    .number()
    .int()
    .min(10)
    .max(60_000)
    .default(1_000)
    .describe('The position is committed after each batch, and at least this often within one, in milliseconds.'),
})
