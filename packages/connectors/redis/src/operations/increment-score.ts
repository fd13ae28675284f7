import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { RedisClient } from '../redis-client.ts'
import { keyInput, redisValue } from '../value-schema.ts'
import { toArgument } from '../values.ts'

/** Adds to a score in a sorted set. */
export const incrementScore = operation({
  description: 'Adds to the score of a member, which begins with 0, and gives the sum; atomic.',
  effect: 'unsafe',
  input: schema(() =>
    z.strictObject({ key: keyInput(), member: redisValue('The member.'), by: z.number().default(1) }),
  ),
  output: schema(() => z.object({ score: z.number() })),
  async run(client: RedisClient, { key, member, by }) {
    return { score: (await client.send(['ZINCRBY', toArgument(key), String(by), toArgument(member)])) as number }
  },
})
