import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { repliesAs, type RedisClient } from '../redis-client.ts'
import { asInput, keyInput, redisValue, redisValueOrNull } from '../value-schema.ts'
import { toArgument, type RedisValue } from '../values.ts'

/** Reads some fields of a hash. */
export const getHashFields = operation({
  description: 'Reads fields of a hash, in the order asked for; null where there is none.',
  effect: 'read',
  input: schema(() =>
    z.strictObject({ key: keyInput(), fields: z.array(redisValue('The field.')).min(1).max(10_000), as: asInput() }),
  ),
  output: schema(() => z.object({ values: z.array(redisValueOrNull('The value.')) })),
  async run(client: RedisClient, { key, fields, as }) {
    const reply = await client.send(['HMGET', toArgument(key), ...fields.map(toArgument)], repliesAs(as))
    return { values: reply as (RedisValue | null)[] }
  },
})
