import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { RedisClient } from '../redis-client.ts'
import { expireInput, keyInput, redisValue } from '../value-schema.ts'
import { toArgument } from '../values.ts'

/** Stores a value. */
export const set = operation({
  description: 'Stores a value under a key, in place of what is there; or only where there is nothing, or something.',
  // Where it was stored by an attempt whose answer is lost, a second one would find the key there and say no.
  effect: ({ condition }) => (condition === 'missing' ? 'unsafe' : 'idempotent'),
  input: schema(() =>
    z.strictObject({
      key: keyInput(),
      value: redisValue('The value, at most 512 MiB.'),
      expireMs: expireInput(),
      keepExpiry: z.boolean().default(false).describe('Leaves the time to live of the key as it is.'),
      condition: z
        .enum(['always', 'missing', 'present'])
        .default('always')
        .describe('Stores only where the key is missing, or only where it is present.'),
    }),
  ),
  output: schema(() => z.object({ stored: z.boolean().describe('False where the condition was not met.') })),
  async run(client: RedisClient, { key, value, expireMs, keepExpiry, condition }) {
    const command = ['SET', toArgument(key), toArgument(value)]
    if (expireMs !== undefined) command.push('PX', String(expireMs))
    else if (keepExpiry) command.push('KEEPTTL')
    if (condition !== 'always') command.push(condition === 'missing' ? 'NX' : 'XX')
    return { stored: (await client.send(command)) === 'OK' }
  },
})
