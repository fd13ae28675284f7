import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { repliesAs, type RedisClient } from '../redis-client.ts'
import { asInput, keyInput, redisValue } from '../value-schema.ts'
import { toArgument, type RedisValue } from '../values.ts'

/** Takes values from a list. */
export const popList = operation({
  description: 'Takes values from an end of a list; fewer, or none, where there are no more.',
  effect: 'unsafe',
  input: schema(() =>
    z.strictObject({
      key: keyInput(),
      count: z.number().int().min(1).max(10_000).default(1).describe('How many, at most.'),
      end: z.enum(['left', 'right']).default('left').describe('Which end of the list.'),
      as: asInput(),
    }),
  ),
  output: schema(() => z.object({ values: z.array(redisValue('The value.')) })),
  async run(client: RedisClient, { key, count, end, as }) {
    const command = [end === 'left' ? 'LPOP' : 'RPOP', toArgument(key), String(count)]
    return { values: ((await client.send(command, repliesAs(as))) ?? []) as RedisValue[] }
  },
})
