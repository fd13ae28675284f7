import { operation, schema } from '@casare/core'
import { int64 } from '@casare/core/zod'
import { z } from 'zod'
import { digitReplies, type RedisClient } from '../redis-client.ts'
import { keyInput } from '../value-schema.ts'
import { toArgument } from '../values.ts'

/** Adds to a counter. */
export const increment = operation({
  description: 'Adds to the integer of a key, which begins with 0, and gives the sum; atomic.',
  effect: 'unsafe',
  input: schema(() =>
    z.strictObject({ key: keyInput(), by: int64('What is added; may be negative. Default: 1.').optional() }),
  ),
  output: schema(() => z.object({ value: int64('The sum.') })),
  async run(client: RedisClient, { key, by = 1n }) {
    return { value: BigInt((await client.send(['INCRBY', toArgument(key), by.toString()], digitReplies)) as string) }
  },
})
