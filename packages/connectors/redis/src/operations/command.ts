import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { commandInput, toCommand } from '../command.ts'
import { repliesAs, type RedisClient } from '../redis-client.ts'
import { anyReply, asInput } from '../value-schema.ts'

/** Runs any command. */
export const command = operation({
  description: 'Runs any command of the server by its words, for what has no operation of its own.',
  effect: 'unsafe',
  input: schema(() => z.strictObject({ words: commandInput(), as: asInput() })),
  output: schema(() => z.object({ reply: anyReply() })),
  async run(client: RedisClient, { words, as }) {
    return { reply: await client.send(toCommand(words), repliesAs(as)) }
  },
})
