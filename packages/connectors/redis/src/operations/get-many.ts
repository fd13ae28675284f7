import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { repliesAs, type RedisClient } from '../redis-client.ts'
import { asInput, keyInput, redisValueOrNull } from '../value-schema.ts'
import { toArgument, type RedisValue } from '../values.ts'

/** Reads the values of several keys. */
export const getMany = operation({
  description: 'Reads the values of several keys at once, in the order of the keys; null where there is none.',
  effect: 'read',
  input: schema(() => z.strictObject({ keys: z.array(keyInput()).min(1).max(10_000), as: asInput() })),
  output: schema(() => z.object({ values: z.array(redisValueOrNull('The value.')) })),
  async run(client: RedisClient, { keys, as }) {
    const reply = await client.send(['MGET', ...keys.map(toArgument)], repliesAs(as))
    return { values: reply as (RedisValue | null)[] }
  },
})
