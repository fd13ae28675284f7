import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { RedisClient } from '../redis-client.ts'
import { countOutput, keyInput } from '../value-schema.ts'
import { toArgument } from '../values.ts'

/** Deletes keys. */
const deleteKeys = operation({
  description:
    'Deletes keys, whatever they hold. After a retry, the count may not hold what the first attempt deleted.',
  effect: 'idempotent',
  input: schema(() => z.strictObject({ keys: z.array(keyInput()).min(1).max(10_000) })),
  output: schema(() => z.object({ deleted: countOutput().describe('How many of the keys were there.') })),
  async run(client: RedisClient, { keys }) {
    return { deleted: (await client.send(['UNLINK', ...keys.map(toArgument)])) as number }
  },
})
export { deleteKeys as delete }
