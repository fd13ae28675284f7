import { ConnectorError, type ErrorFacts } from '@casare/core'
import { z } from 'zod'
import { isErrorReply, toError } from './errors.ts'
import type { Outcome } from './redis-client.ts'
import { anyReply } from './value-schema.ts'

const refusal = () =>
  z.object({
    code: z.string().describe('Our code, for instance invalid_input.'),
    message: z.string(),
    vendorCode: z.string().optional().describe('The first word of what the server said.'),
  })

/** The answers of several commands. */
export const outcomesOutput = () =>
  z.object({
    results: z
      .array(z.object({ reply: anyReply(), error: refusal().optional() }))
      .describe('One for each command, in order: its reply, or its error beside a reply of null.'),
  })

/** One answer as the output shows it. */
export function toResult(outcome: Outcome): {
  reply: unknown
  error?: { code: string; message: string; vendorCode?: string | undefined }
} {
  if ('reply' in outcome) return { reply: outcome.reply }
  const { code, message, vendorCode }: ErrorFacts = toError(outcome.error) ?? {
    code: 'internal',
    message: String(outcome.error),
  }
  return { reply: null, error: { code, message, ...(vendorCode === undefined ? {} : { vendorCode }) } }
}

/** @throws what the connection was lost with, where a command has no answer: it may have run. */
export function refuseLost(outcomes: readonly Outcome[]): void {
  const lost = outcomes.filter((outcome) => 'error' in outcome && !isErrorReply(outcome.error))
  const [first] = lost
  if (first === undefined || !('error' in first)) return
  const facts = toError(first.error)
  if (facts === undefined || lost.length === outcomes.length) throw first.error
  throw new ConnectorError({
    ...facts,
    applied: 'maybe',
    message: `${facts.message} ${outcomes.length - lost.length} of ${outcomes.length} commands were answered before.`,
  })
}
