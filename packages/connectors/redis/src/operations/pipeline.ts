import { operation, schema } from '@casare/core'
import { repliesAs, type RedisClient } from '../redis-client.ts'
import { commandsInput, toCommand } from '../command.ts'
import { outcomesOutput, refuseLost, toResult } from '../outcomes.ts'

/** Runs several commands, each for itself. */
export const pipeline = operation({
  description: 'Sends several commands in one go and answers each; one that is refused does not stop the others.',
  effect: 'unsafe',
  input: schema(() => commandsInput()),
  output: schema(() => outcomesOutput()),
  async run(client: RedisClient, { commands, as }) {
    const outcomes = await client.sendAll(commands.map(toCommand), repliesAs(as))
    refuseLost(outcomes)
    return { results: outcomes.map(toResult) }
  },
})
