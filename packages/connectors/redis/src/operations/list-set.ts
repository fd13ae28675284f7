import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { repliesAs, type RedisClient } from '../redis-client.ts'
import { asInput, keyInput, redisValue } from '../value-schema.ts'
import { toArgument, type RedisValue } from '../values.ts'

/** Reads a set. */
export const listSet = operation({
  description: 'Reads all members of a set, in no order.',
  effect: 'read',
  input: schema(() => z.strictObject({ key: keyInput(), as: asInput() })),
  output: schema(() => z.object({ members: z.array(redisValue('The member.')) })),
  async run(client: RedisClient, { key, as }) {
    return { members: (await client.send(['SMEMBERS', toArgument(key)], repliesAs(as))) as RedisValue[] }
  },
})
