import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { repliesAs, type RedisClient } from '../redis-client.ts'
import { toRecord } from '../replies.ts'
import { asInput, hashFields, keyInput } from '../value-schema.ts'
import { toArgument } from '../values.ts'

/** Reads a hash. */
export const getHash = operation({
  description: 'Reads all fields of a hash; none where there is no such key.',
  effect: 'read',
  input: schema(() => z.strictObject({ key: keyInput(), as: asInput() })),
  output: schema(() => z.object({ fields: hashFields(0) })),
  async run(client: RedisClient, { key, as }) {
    return { fields: toRecord(await client.send(['HGETALL', toArgument(key)], repliesAs(as))) }
  },
})
