import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { RedisClient } from '../redis-client.ts'
import { countOutput, keyInput, redisValue } from '../value-schema.ts'
import { toArgument } from '../values.ts'

/** Deletes fields of a hash. */
export const deleteHashFields = operation({
  description: 'Deletes fields of a hash; with its last field the key is gone.',
  effect: 'idempotent',
  input: schema(() =>
    z.strictObject({ key: keyInput(), fields: z.array(redisValue('The field.')).min(1).max(10_000) }),
  ),
  output: schema(() =>
    z.object({ deleted: countOutput().describe('How many of them were there; after a retry, it may be less.') }),
  ),
  async run(client: RedisClient, { key, fields }) {
    return { deleted: (await client.send(['HDEL', toArgument(key), ...fields.map(toArgument)])) as number }
  },
})
