import { anyRecord, invalidInput, reads, stream, writes, type WriteFailure, schema } from '@casare/core'
import { z } from 'zod'
import { isErrorReply } from '../errors.ts'
import { compileTemplate } from '../key-template.ts'
import { repliesAs, type Outcome, type RedisClient } from '../redis-client.ts'
import { expireInput, redisValue } from '../value-schema.ts'
import { fieldToArgument, toJson, type Argument, type RedisValue } from '../values.ts'

const defaultPageSize = 500

/** The keys of the database. */
export const keys = stream({
  description: 'The keys of the database: listed, or written from records.',
  read: reads({
    description:
      'Lists keys by SCAN. A key that is there from beginning to end of the read is listed, now and then twice; one that comes or goes meanwhile may be listed or not.',
    input: schema(() =>
      z.strictObject({
        match: z
          .string()
          .min(1)
          .optional()
          .describe(
            'Only keys like this: * any text, ? one character, [ab] one of these, \\ before what is meant as it is.',
          ),
        type: z
          .enum(['string', 'hash', 'list', 'set', 'zset', 'stream'])
          .optional()
          .describe('Only keys of this type.'),
        as: z.enum(['text', 'bytes']).default('text').describe('How keys arrive.'),
      }),
    ),
    record: schema(() => z.object({ key: redisValue('The key.') })),
    cursor: schema(() =>
      z.strictObject({
        scan: z
          .string()
          .regex(/^\d{1,20}$/)
          .describe('Cursor of SCAN.'),
      }),
    ),
    identify: ({ key }) => ({ id: typeof key === 'string' ? key : Buffer.from(key).toString('base64') }),
    async *pages(client: RedisClient, { match, type, as }, { cursor, maxRecords = defaultPageSize }) {
      const options = [...(match === undefined ? [] : ['MATCH', match]), ...(type === undefined ? [] : ['TYPE', type])]
      let position = cursor?.scan ?? '0'
      do {
        const command = ['SCAN', position, ...options, 'COUNT', String(maxRecords)]
        const [next, found] = (await client.send(command, repliesAs(as))) as [RedisValue, RedisValue[]]
        position = typeof next === 'string' ? next : Buffer.from(next).toString()
        if (found.length > 0 || position === '0')
          yield { records: found.map((key) => ({ key })), cursor: { scan: position }, last: position === '0' }
      } while (position !== '0')
    },
  }),
  write: writes({
    description:
      'Stores each record under a key made of its fields, as a hash or as JSON, in place of what is there; writing twice does no harm.',
    input: schema(() =>
      z.strictObject({
        key: z.string().min(1).describe('The key, with names of fields in braces: "customer:{id}".'),
        form: z
          .enum(['hash', 'json'])
          .default('hash')
          .describe('A hash with the fields of the record, or its JSON text.'),
        expireMs: expireInput(),
      }),
    ),
    record: anyRecord,
    effect: 'idempotent',
    maxBatchRecords: 1_000,
    async write(client: RedisClient, records, { key, form, expireMs }) {
      const keyOf = compileTemplate(key)
      const failures: WriteFailure[] = []
      const commands: Argument[][] = []
      const owners: number[] = []
      for (const [index, record] of (records as readonly Record<string, unknown>[]).entries()) {
        try {
          for (const command of commandsFor(keyOf(record), record, form, expireMs)) {
            commands.push(command)
            owners.push(index)
          }
        } catch (error) {
          failures.push({ index, error })
        }
      }
      return [...failures, ...failuresOf(await client.sendAll(commands), owners)]
    },
  }),
})

/** What stores one record: in one transaction where it takes more than one command. */
function commandsFor(
  key: string,
  record: Readonly<Record<string, unknown>>,
  form: 'hash' | 'json',
  expireMs: number | undefined,
): Argument[][] {
  const expiry = expireMs === undefined ? [] : ['PX', String(expireMs)]
  if (form === 'json') return [['SET', key, toJson(record, 'The record'), ...expiry]]
  const fields: Argument[] = []
  for (const [name, value] of Object.entries(record))
    if (value !== null && value !== undefined) fields.push(fieldToArgument(name, name), fieldToArgument(value, name))
  if (fields.length === 0) throw invalidInput('The record has no fields, so there is nothing to store.')
  return [
    ['MULTI'],
    ['DEL', key],
    ['HSET', key, ...fields],
    ...(expireMs === undefined ? [] : [['PEXPIRE', key, String(expireMs)]]),
    ['EXEC'],
  ]
}

/** The first thing that went wrong with each record. */
function failuresOf(outcomes: readonly Outcome[], owners: readonly number[]): WriteFailure[] {
  const failed = new Map<number, unknown>()
  for (const [at, outcome] of outcomes.entries()) {
    const index = owners[at] ?? 0
    const error = 'error' in outcome ? outcome.error : nestedError(outcome.reply)
    if (error !== undefined && !failed.has(index)) failed.set(index, error)
  }
  return [...failed].map(([index, error]) => ({ index, error }))
}

/** EXEC answers with a list in which a command's error may stand. */
function nestedError(reply: unknown): unknown {
  return Array.isArray(reply) ? (reply as unknown[]).find(isErrorReply) : undefined
}
