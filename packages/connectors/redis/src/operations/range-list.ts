import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { repliesAs, type RedisClient } from '../redis-client.ts'
import { asInput, keyInput, redisValue } from '../value-schema.ts'
import { toArgument, type RedisValue } from '../values.ts'

/** Reads a part of a list. */
export const rangeList = operation({
  description: 'Reads a part of a list.',
  effect: 'read',
  input: schema(() =>
    z.strictObject({
      key: keyInput(),
      from: z.number().int().default(0).describe('Index of the first value; negative counts from the end.'),
      to: z.number().int().default(999).describe('Index of the last value; -1 is the end of the list.'),
      as: asInput(),
    }),
  ),
  output: schema(() => z.object({ values: z.array(redisValue('The value.')) })),
  async run(client: RedisClient, { key, from, to, as }) {
    const command = ['LRANGE', toArgument(key), String(from), String(to)]
    return { values: (await client.send(command, repliesAs(as))) as RedisValue[] }
  },
})
