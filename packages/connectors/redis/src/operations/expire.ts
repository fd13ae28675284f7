import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { RedisClient } from '../redis-client.ts'
import { keyInput } from '../value-schema.ts'
import { toArgument } from '../values.ts'

/** Sets or ends the time to live of a key. */
export const expire = operation({
  description: 'Sets how long a key lives from now on; null lets it stay.',
  effect: 'idempotent',
  input: schema(() =>
    z.strictObject({
      key: keyInput(),
      expireMs: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).nullable().describe('In milliseconds.'),
    }),
  ),
  output: schema(() => z.object({ found: z.boolean().describe('Is there such a key?') })),
  async run(client: RedisClient, { key, expireMs }) {
    const argument = toArgument(key)
    if (expireMs !== null) return { found: (await client.send(['PEXPIRE', argument, String(expireMs)])) === 1 }
    const [, found] = await Promise.all([client.send(['PERSIST', argument]), client.send(['EXISTS', argument])])
    return { found: found === 1 }
  },
})
