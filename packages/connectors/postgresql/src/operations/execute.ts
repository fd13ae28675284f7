import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { runOne, type PostgresqlClient } from '../postgresql-client.ts'
import { statementInput } from './statement-input.ts'
import { toStep } from './to-step.ts'

/** Runs one statement and tells how many rows it changed. */
export const execute = operation({
  description: 'Runs one SQL statement and tells how many rows it changed.',
  effect: 'unsafe',
  input: schema(statementInput),
  output: schema(() => z.object({ changes: z.number().int().describe('Rows inserted, changed or deleted.') })),
  errors: ['invalid_input', 'not_found', 'already_exists', 'conflict'],
  async run(client: PostgresqlClient, { text, values }, context) {
    return changesOf(await runOne(client, toStep(text, values), context))
  },
})

/** The count of a SELECT is of rows that were read. */
export function changesOf({ command, count }: { command: string; count: number }): { changes: number } {
  return { changes: changing.has(command) ? count : 0 }
}

const changing = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])
