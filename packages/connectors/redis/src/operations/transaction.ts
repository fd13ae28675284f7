import { ConnectorError, isError, operation, schema } from '@casare/core'
import { z } from 'zod'
import { commandInput, toCommand } from '../command.ts'
import { toError } from '../errors.ts'
import { outcomesOutput, refuseLost, toResult } from '../outcomes.ts'
import { byteReplies, repliesAs, type Outcome, type RedisClient } from '../redis-client.ts'
import { asInput, keyInput, redisValueOrNull } from '../value-schema.ts'
import { toArgument, type RedisValue } from '../values.ts'

const expectInput = () =>
  z
    .array(z.strictObject({ key: keyInput(), value: redisValueOrNull('Its value; null where it must be missing.') }))
    .max(1_000)
    .default([])
    .describe(
      'Runs only where these keys hold these strings, and go on to hold them until the commands are run (WATCH).',
    )

/** Runs several commands in one MULTI and EXEC. */
export const transaction = operation({
  description:
    'Runs several commands in one MULTI/EXEC: none of them where one is malformed or an expectation does not hold; nothing comes between them. A command that fails while they run does not undo the others.',
  effect: 'unsafe',
  input: schema(() =>
    z.strictObject({
      commands: z.array(commandInput()).min(1).max(10_000),
      expect: expectInput(),
      as: asInput(),
    }),
  ),
  output: schema(() => outcomesOutput()),
  errors: ['conflict'],
  async run(client: RedisClient, { commands, expect, as }, { signal }) {
    const words = commands.map(toCommand)
    if (expect.length === 0) return execute(client, words, as)
    return client.hold(signal, async (held) => {
      const keys = expect.map(({ key }) => toArgument(key))
      await held.send(['WATCH', ...keys])
      const found = (await held.send(['MGET', ...keys], byteReplies)) as (Buffer | null)[]
      const wrong = expect.findIndex(({ value }, index) => !isSame(value, found[index] ?? null))
      if (wrong >= 0) {
        await held.send(['UNWATCH'])
        throw conflict(`expect[${wrong}] does not hold`)
      }
      return execute(held, words, as)
    })
  },
})

async function execute(client: RedisClient, commands: ReturnType<typeof toCommand>[], as: 'text' | 'bytes') {
  const outcomes = await client.sendAll([['MULTI'], ...commands, ['EXEC']], repliesAs(as))
  refuseLost(outcomes)
  const executed = outcomes.at(-1)
  if (executed === undefined || 'error' in executed) throw refusal(outcomes.slice(1, -1), executed?.error)
  if (executed.reply === null) throw conflict('a watched key has changed')
  const replies = executed.reply as unknown[]
  return { results: replies.map((reply) => toResult(isError(reply) ? { error: reply } : { reply })) }
}

function isSame(expected: RedisValue | null, found: Buffer | null): boolean {
  if (expected === null || found === null) return expected === found
  return Buffer.from(toArgument(expected)).equals(found)
}

function conflict(reason: string): ConnectorError {
  return new ConnectorError({
    code: 'conflict',
    applied: 'no',
    message: `Redis: ${reason}, so nothing was done. Read again, and repeat.`,
  })
}

/** Which command kept the others from running. */
function refusal(queued: readonly Outcome[], error: unknown): unknown {
  const index = queued.findIndex((outcome) => 'error' in outcome)
  const culprit = queued[index]
  if (culprit === undefined || !('error' in culprit)) return error
  const facts = toError(culprit.error)
  return new ConnectorError({
    code: facts?.code ?? 'invalid_input',
    applied: 'no',
    message: `commands[${index}]: ${facts?.message ?? String(culprit.error)} None of the commands was run.`,
    vendorCode: facts?.vendorCode,
    cause: culprit.error,
  })
}
