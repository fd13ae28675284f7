import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { repliesAs, type RedisClient } from '../redis-client.ts'
import { asInput, keyInput, redisValue } from '../value-schema.ts'
import { toArgument, type RedisValue } from '../values.ts'

/** Reads a part of a sorted set. */
export const rangeSortedSet = operation({
  description: 'Reads members of a sorted set with their scores, from the lowest score to the highest.',
  effect: 'read',
  input: schema(() =>
    z.strictObject({
      key: keyInput(),
      by: z.enum(['rank', 'score']).default('rank').describe('What "from" and "to" mean: places or scores.'),
      from: z.number().optional().describe('The first rank or score. Default: the lowest.'),
      to: z.number().optional().describe('The last rank or score. Default: the highest.'),
      reverse: z.boolean().default(false).describe('From the highest score to the lowest.'),
      limit: z.number().int().min(1).max(100_000).default(1_000).describe('The most members.'),
      as: asInput(),
    }),
  ),
  output: schema(() =>
    z.object({ members: z.array(z.object({ member: redisValue('The member.'), score: z.number() })) }),
  ),
  async run(client: RedisClient, { key, by, from, to, reverse, limit, as }) {
    const command = ['ZRANGE', toArgument(key)]
    if (by === 'rank') {
      command.push(...ranks(from ?? 0, to ?? -1, limit))
      if (reverse) command.push('REV')
    } else {
      const [low, high] = [from === undefined ? '-inf' : String(from), to === undefined ? '+inf' : String(to)]
      command.push(...(reverse ? [high, low] : [low, high]), 'BYSCORE')
      if (reverse) command.push('REV')
      command.push('LIMIT', '0', String(limit))
    }
    command.push('WITHSCORES')
    const reply = (await client.send(command, repliesAs(as))) as [RedisValue, number][]
    return { members: reply.slice(0, limit).map(([member, score]) => ({ member, score })) }
  },
})

/** The ranks to ask for: no more than the limit, where first and last are counted from the same side or the last is the end. */
function ranks(first: number, last: number, limit: number): [string, string] {
  const limited = first + limit - 1
  const sameSide = first < 0 === last < 0
  const end = first >= 0 && last === -1 ? limited : sameSide ? Math.min(last, limited) : last
  return [String(first), String(end)]
}
