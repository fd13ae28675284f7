import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { RedisClient } from '../redis-client.ts'
import { countOutput, hashFields, keyInput } from '../value-schema.ts'
import { toArgument } from '../values.ts'

/** Stores fields of a hash. */
export const setHash = operation({
  description: 'Stores fields of a hash; the others stay as they are.',
  effect: 'idempotent',
  input: schema(() =>
    z.strictObject({
      key: keyInput(),
      fields: hashFields(1),
    }),
  ),
  output: schema(() =>
    z.object({
      added: countOutput().describe('Fields that were not there before; after a retry, it may be less.'),
    }),
  ),
  async run(client: RedisClient, { key, fields }) {
    const command = ['HSET', toArgument(key)]
    for (const [field, value] of Object.entries(fields)) command.push(field, toArgument(value))
    return { added: (await client.send(command)) as number }
  },
})
