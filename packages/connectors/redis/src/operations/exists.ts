import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { RedisClient } from '../redis-client.ts'
import { countOutput, keyInput } from '../value-schema.ts'
import { toArgument } from '../values.ts'

/** Tells which keys are there. */
export const exists = operation({
  description: 'Tells how many of the keys are there; one that is named twice counts twice.',
  effect: 'read',
  input: schema(() => z.strictObject({ keys: z.array(keyInput()).min(1).max(10_000) })),
  output: schema(() => z.object({ count: countOutput() })),
  async run(client: RedisClient, { keys }) {
    return { count: (await client.send(['EXISTS', ...keys.map(toArgument)])) as number }
  },
})
