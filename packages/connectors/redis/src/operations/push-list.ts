import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { RedisClient } from '../redis-client.ts'
import { countOutput, keyInput, redisValue } from '../value-schema.ts'
import { toArgument } from '../values.ts'

/** Adds values to a list. */
export const pushList = operation({
  description: 'Adds values to an end of a list, one after the other.',
  effect: 'unsafe',
  input: schema(() =>
    z.strictObject({
      key: keyInput(),
      values: z.array(redisValue('The value.')).min(1).max(10_000),
      end: z.enum(['left', 'right']).default('right').describe('Which end of the list.'),
    }),
  ),
  output: schema(() => z.object({ length: countOutput().describe('How long the list is now.') })),
  async run(client: RedisClient, { key, values, end }) {
    const name = end === 'left' ? 'LPUSH' : 'RPUSH'
    return { length: (await client.send([name, toArgument(key), ...values.map(toArgument)])) as number }
  },
})
