import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { RedisClient } from '../redis-client.ts'
import { keyInput } from '../value-schema.ts'
import { toArgument } from '../values.ts'

/** Tells type and time to live of a key. */
export const describeKey = operation({
  description: 'Tells the type of a key and how long it will live.',
  effect: 'read',
  input: schema(() => z.strictObject({ key: keyInput() })),
  output: schema(() =>
    z.object({
      type: z.string().describe('string, hash, list, set, zset or stream; none where there is no such key.'),
      expiresInMs: z.number().int().min(0).nullable().describe('Milliseconds to its end; null where it stays.'),
    }),
  ),
  async run(client: RedisClient, { key }) {
    const argument = toArgument(key)
    const [type, timeToLive] = await Promise.all([client.send(['TYPE', argument]), client.send(['PTTL', argument])])
    return { type: type as string, expiresInMs: (timeToLive as number) < 0 ? null : (timeToLive as number) }
  },
})
