import { anyRecord, invalidInput, listens, reads, stream, writes, type WriteFailure, schema } from '@casare/core'
import { z } from 'zod'
import { toEntry } from '../entry.ts'
import { repliesAs, type RedisClient } from '../redis-client.ts'
import { asInput, hashFields } from '../value-schema.ts'
import { fieldToArgument, type Argument, type RedisValue } from '../values.ts'
import { subscribeEntries } from './subscribe-entries.ts'
import { writeEach } from './write-each.ts'

const defaultPageSize = 500
const streamInput = () => z.string().min(1).describe('Key of the stream.')
const entryId = () => z.string().regex(/^\d{1,20}-\d{1,20}$/)

const entry = () =>
  z.object({
    id: entryId().describe('Time in milliseconds and number, as the server gave it.'),
    fields: hashFields(0),
  })

/** Entries of Redis streams. */
export const entries = stream({
  description: 'Entries of a Redis stream: read, appended, or handled in consumer groups, each at least once.',
  read: reads({
    description: 'Reads the entries of a stream in their order; going on after the end gives those that came since.',
    input: schema(() => z.strictObject({ stream: streamInput(), as: asInput() })),
    record: schema(() => entry()),
    cursor: schema(() => z.strictObject({ after: entryId().nullable().describe('Id of the last entry.') })),
    identify: ({ id }) => ({ id }),
    async *pages(client: RedisClient, input, { cursor, maxRecords = defaultPageSize }) {
      let after = cursor?.after ?? null
      for (;;) {
        const command = ['XRANGE', input.stream, after === null ? '-' : `(${after}`, '+', 'COUNT', String(maxRecords)]
        const found = (await client.send(command, repliesAs(input.as))) as [RedisValue, RedisValue[]][]
        const records = found.map(toEntry)
        const last = records.length < maxRecords
        after = records.at(-1)?.id ?? after
        yield { records, cursor: { after }, last }
        if (last) return
      }
    },
  }),
  listen: listens({
    description:
      'Handles entries in a consumer group, each at least once: acknowledged (XACK) after the handler. What a consumer left unanswered, because it died say, is claimed by the others after claimIdleMs.',
    input: schema(() =>
      z.strictObject({
        stream: streamInput(),
        group: z.string().min(1).describe('Name of the consumer group; made where it is missing.'),
        consumer: z
          .string()
          .min(1)
          .optional()
          .describe('Name of this consumer, used by nobody else at the same time. Default: a new one.'),
        from: z
          .enum(['beginning', 'end'])
          .default('beginning')
          .describe('Where a new group begins: with all that is there, or with what comes.'),
        claimIdleMs: z
          .number()
          .int()
          .min(100)
          .max(86_400_000)
          .default(60_000)
          .describe(
            'Unheard of for this long, in milliseconds, an entry is taken from its consumer, which must have died: one that lives holds on to what it handles.',
          ),
        deadLetter: z.string().min(1).optional().describe('Key of a stream for entries that can never be handled.'),
        as: asInput(),
      }),
    ),
    event: schema(() => entry()),
    heartbeatMs: 5_000,
    subscribe: subscribeEntries,
  }),
  write: writes({
    description: 'Appends each record as an entry with its fields. Written twice, it is there twice.',
    input: schema(() =>
      z.strictObject({
        stream: streamInput(),
        maxEntries: z
          .number()
          .int()
          .min(1)
          .optional()
          .describe('Trims the stream to about so many entries. Default: no limit.'),
      }),
    ),
    record: anyRecord,
    effect: 'unsafe',
    maxBatchRecords: 1_000,
    async write(client: RedisClient, records, { stream: key, maxEntries }) {
      const limit = maxEntries === undefined ? [] : ['MAXLEN', '~', String(maxEntries)]
      const failures: WriteFailure[] = []
      const commands: Argument[][] = []
      const places: number[] = []
      for (const [index, record] of records.entries()) {
        try {
          commands.push(['XADD', key, ...limit, '*', ...fieldsOf(record as Readonly<Record<string, unknown>>)])
          places.push(index)
        } catch (error) {
          failures.push({ index, error })
        }
      }
      const refused = await writeEach(client, commands)
      return [...failures, ...refused.map(({ index, error }) => ({ index: places[index] ?? 0, error }))]
    },
  }),
})

function fieldsOf(record: Readonly<Record<string, unknown>>): Argument[] {
  const fields: Argument[] = []
  for (const [name, value] of Object.entries(record))
    if (value !== null && value !== undefined) fields.push(fieldToArgument(name, name), fieldToArgument(value, name))
  if (fields.length === 0) throw invalidInput('The record has no fields; an entry needs at least one.')
  return fields
}
