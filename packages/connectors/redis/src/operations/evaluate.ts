import { createHash } from 'node:crypto'
import { isError, operation, schema } from '@casare/core'
import { z } from 'zod'
import { repliesAs, type RedisClient } from '../redis-client.ts'
import { anyReply, asInput, keyInput, redisValue } from '../value-schema.ts'
import { toArgument } from '../values.ts'

/** Runs a Lua script. */
export const evaluate = operation({
  description: 'Runs a Lua script on the server, atomically; sent once, then called by its hash.',
  effect: ({ readOnly }) => (readOnly ? 'read' : 'unsafe'),
  input: schema(() =>
    z.strictObject({
      script: z.string().min(1).describe('Lua 5.1 (https://redis.io/docs/latest/develop/programmability/eval-intro/).'),
      keys: z.array(keyInput()).max(10_000).default([]).describe('KEYS of the script: all that it touches.'),
      arguments: z.array(redisValue('The argument.')).max(10_000).default([]).describe('ARGV of the script.'),
      readOnly: z.boolean().default(false).describe('The server refuses commands that change something.'),
      as: asInput(),
    }),
  ),
  output: schema(() => z.object({ reply: anyReply() })),
  async run(client: RedisClient, { script, keys, arguments: values, readOnly, as }) {
    const rest = [String(keys.length), ...keys.map(toArgument), ...values.map(toArgument)]
    const suffix = readOnly ? '_RO' : ''
    try {
      return { reply: await client.send([`EVALSHA${suffix}`, sha1(script), ...rest], repliesAs(as)) }
    } catch (error) {
      if (!isError(error) || !error.message.startsWith('NOSCRIPT')) throw error
      return { reply: await client.send([`EVAL${suffix}`, script, ...rest], repliesAs(as)) }
    }
  },
})

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}
