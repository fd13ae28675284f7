import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { repliesAs, type RedisClient } from '../redis-client.ts'
import { asInput, keyInput, redisValueOrNull } from '../value-schema.ts'
import { toArgument, type RedisValue } from '../values.ts'

/** Reads a value. */
export const get = operation({
  description: 'Reads the value of a key; null where there is none.',
  effect: 'read',
  input: schema(() => z.strictObject({ key: keyInput(), as: asInput() })),
  output: schema(() => z.object({ value: redisValueOrNull('The value.') })),
  async run(client: RedisClient, { key, as }) {
    return { value: (await client.send(['GET', toArgument(key)], repliesAs(as))) as RedisValue | null }
  },
})
