import { operation, schema } from '@casare/core'
import { queryOutput } from '@casare/sql/zod'
import { runOne, type PostgresqlClient } from '../postgresql-client.ts'
import { statementInput } from './statement-input.ts'
import { toStep } from './to-step.ts'

/** Runs one statement and gives its rows. */
export const query = operation({
  description: 'Runs one SQL statement and gives its rows.',
  effect: 'unsafe',
  input: schema(statementInput),
  output: schema(queryOutput),
  errors: ['invalid_input', 'not_found', 'already_exists', 'conflict'],
  async run(client: PostgresqlClient, { text, values }, context) {
    const { rows } = await runOne(client, toStep(text, values), context)
    return { rows }
  },
})
