import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { RedisClient } from '../redis-client.ts'
import { keyInput, redisValue } from '../value-schema.ts'
import { toArgument } from '../values.ts'

/** Tells which members a set has. */
export const findInSet = operation({
  description: 'Tells for each of the members whether the set has it.',
  effect: 'read',
  input: schema(() =>
    z.strictObject({ key: keyInput(), members: z.array(redisValue('The member.')).min(1).max(10_000) }),
  ),
  output: schema(() => z.object({ found: z.array(z.boolean()) })),
  async run(client: RedisClient, { key, members }) {
    const reply = await client.send(['SMISMEMBER', toArgument(key), ...members.map(toArgument)])
    return { found: (reply as number[]).map((one) => one === 1) }
  },
})
