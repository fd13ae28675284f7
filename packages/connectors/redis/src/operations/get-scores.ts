import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { RedisClient } from '../redis-client.ts'
import { keyInput, redisValue } from '../value-schema.ts'
import { toArgument } from '../values.ts'

/** Reads scores of a sorted set. */
export const getScores = operation({
  description: 'Reads the scores of members of a sorted set; null where there is none.',
  effect: 'read',
  input: schema(() =>
    z.strictObject({ key: keyInput(), members: z.array(redisValue('The member.')).min(1).max(10_000) }),
  ),
  output: schema(() => z.object({ scores: z.array(z.number().nullable()) })),
  async run(client: RedisClient, { key, members }) {
    const reply = await client.send(['ZMSCORE', toArgument(key), ...members.map(toArgument)])
    return { scores: reply as (number | null)[] }
  },
})
