import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { RedisClient } from '../redis-client.ts'
import { countOutput, keyInput, redisValue } from '../value-schema.ts'
import { toArgument } from '../values.ts'

/** Adds members to a sorted set. */
export const addToSortedSet = operation({
  description: 'Adds members with their scores to a sorted set; one that is there gets the new score.',
  effect: 'idempotent',
  input: schema(() =>
    z.strictObject({
      key: keyInput(),
      members: z
        .array(z.strictObject({ member: redisValue('The member.'), score: z.number().describe('Decides the order.') }))
        .min(1)
        .max(10_000),
      condition: z
        .enum(['always', 'missing', 'present', 'greater', 'less'])
        .default('always')
        .describe('Which members to take: those not there, those there, or those whose score would grow or shrink.'),
    }),
  ),
  output: schema(() =>
    z.object({
      added: countOutput().describe('Members that were not there before; after a retry, it may be less.'),
    }),
  ),
  async run(client: RedisClient, { key, members, condition }) {
    const command = ['ZADD', toArgument(key), ...flags[condition]]
    for (const { member, score } of members) command.push(String(score), toArgument(member))
    return { added: (await client.send(command)) as number }
  },
})

const flags = { always: [], missing: ['NX'], present: ['XX'], greater: ['GT'], less: ['LT'] } as const
