import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { RedisClient } from '../redis-client.ts'
import { countOutput, keyInput, redisValue } from '../value-schema.ts'
import { toArgument } from '../values.ts'

/** Removes members from a set. */
export const removeFromSet = operation({
  description: 'Removes members from a set.',
  effect: 'idempotent',
  input: schema(() =>
    z.strictObject({ key: keyInput(), members: z.array(redisValue('The member.')).min(1).max(10_000) }),
  ),
  output: schema(() =>
    z.object({ removed: countOutput().describe('How many the set changed by; after a retry, it may be less.') }),
  ),
  async run(client: RedisClient, { key, members }) {
    return { removed: (await client.send(['SREM', toArgument(key), ...members.map(toArgument)])) as number }
  },
})
