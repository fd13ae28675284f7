import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { SqliteClient } from '../engine-client.ts'
import { toBindings } from '../values.ts'
import { executeOutput } from './execute-output.ts'
import { statementInput } from './statement-input.ts'

/** Runs several statements in one transaction. */
export const batch = operation({
  description: 'Runs several statements in one transaction: all of them, or none.',
  effect: 'unsafe',
  input: schema(() => z.strictObject({ statements: z.array(statementInput()).min(1).max(10_000) })),
  output: schema(() => z.object({ results: z.array(executeOutput()) })),
  errors: ['invalid_input', 'not_found', 'already_exists', 'conflict'],
  async run(client: SqliteClient, { statements }, context) {
    const results = await client.batch(
      statements.map(({ text, values }) => ({ text, values: toBindings(values) })),
      context,
    )
    return { results }
  },
})
