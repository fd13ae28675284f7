import { invalidInput } from '@casare/core'
import { z } from 'zod'
import { asInput, redisValue } from './value-schema.ts'
import { toArgument, type Argument, type RedisValue } from './values.ts'

/** A command by its words. */
export const commandInput = () =>
  z
    .array(redisValue('A word of the command.'))
    .min(1)
    .max(100_000)
    .describe('The words of one command: ["GETDEL", "key"]. They are never split or joined.')

export const commandsInput = () =>
  z.strictObject({
    commands: z.array(commandInput()).min(1).max(10_000),
    as: asInput(),
  })

/** What changes or blocks the connection that all calls share. */
const refused = new Set(
  (
    'AUTH HELLO SELECT RESET QUIT CLIENT MONITOR SYNC PSYNC REPLCONF MULTI EXEC DISCARD WATCH UNWATCH ' +
    'SUBSCRIBE UNSUBSCRIBE PSUBSCRIBE PUNSUBSCRIBE SSUBSCRIBE SUNSUBSCRIBE ' +
    'BLPOP BRPOP BLMOVE BRPOPLPUSH BLMPOP BZPOPMIN BZPOPMAX BZMPOP WAIT WAITAOF ASKING READONLY READWRITE'
  ).split(' '),
)
const mayBlock = new Set(['XREAD', 'XREADGROUP'])

/**
 * The command as the driver takes it.
 * @throws `invalid_input` for a command that would change or block the connection that all calls share.
 */
export function toCommand(words: readonly RedisValue[]): Argument[] {
  const name = String(words[0]).toUpperCase()
  if (refused.has(name) || (mayBlock.has(name) && words.some((word) => String(word).toUpperCase() === 'BLOCK')))
    throw invalidInput(
      `${name} would change or hold up the connection that all calls share. Use a session, a listener, or $.client() with a connection of your own.`,
    )
  return words.map(toArgument)
}
