import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { RedisClient } from '../redis-client.ts'
import { countOutput, keyInput, redisValue } from '../value-schema.ts'
import { toArgument } from '../values.ts'

/** Adds members to a set. */
export const addToSet = operation({
  description: 'Adds members to a set.',
  effect: 'idempotent',
  input: schema(() =>
    z.strictObject({ key: keyInput(), members: z.array(redisValue('The member.')).min(1).max(10_000) }),
  ),
  output: schema(() =>
    z.object({ added: countOutput().describe('How many the set changed by; after a retry, it may be less.') }),
  ),
  async run(client: RedisClient, { key, members }) {
    return { added: (await client.send(['SADD', toArgument(key), ...members.map(toArgument)])) as number }
  },
})
