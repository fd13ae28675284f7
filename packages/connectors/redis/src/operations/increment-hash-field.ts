import { operation, schema } from '@casare/core'
import { int64 } from '@casare/core/zod'
import { z } from 'zod'
import { digitReplies, type RedisClient } from '../redis-client.ts'
import { keyInput, redisValue } from '../value-schema.ts'
import { toArgument } from '../values.ts'

/** Adds to a counter in a hash. */
export const incrementHashField = operation({
  description: 'Adds to the integer of a field, which begins with 0, and gives the sum; atomic.',
  effect: 'unsafe',
  input: schema(() =>
    z.strictObject({
      key: keyInput(),
      field: redisValue('The field.'),
      by: int64('What is added; may be negative. Default: 1.').optional(),
    }),
  ),
  output: schema(() => z.object({ value: int64('The sum.') })),
  async run(client: RedisClient, { key, field, by = 1n }) {
    const command = ['HINCRBY', toArgument(key), toArgument(field), by.toString()]
    return { value: BigInt((await client.send(command, digitReplies)) as string) }
  },
})
