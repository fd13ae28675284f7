import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { RedisClient } from '../redis-client.ts'
import { keyInput, redisValue } from '../value-schema.ts'
import { toArgument } from '../values.ts'

/** Stores several values. */
export const setMany = operation({
  description: 'Stores several values at once: all of them, or none.',
  effect: 'idempotent',
  input: schema(() =>
    z.strictObject({
      entries: z
        .array(z.strictObject({ key: keyInput(), value: redisValue('The value.') }))
        .min(1)
        .max(10_000),
    }),
  ),
  output: schema(() => z.object({})),
  async run(client: RedisClient, { entries }) {
    await client.send(['MSET', ...entries.flatMap(({ key, value }) => [toArgument(key), toArgument(value)])])
    return {}
  },
})
