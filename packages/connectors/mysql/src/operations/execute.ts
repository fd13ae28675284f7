import { operation, schema } from '@casare/core'
import type { MysqlClient } from '../mysql-client.ts'
import { executeOutput } from './execute-output.ts'
import { statementInput } from './statement-input.ts'
import { toStep } from './to-step.ts'

/** Runs one statement and tells how many rows it changed. */
export const execute = operation({
  description: 'Runs one SQL statement and tells how many rows it changed.',
  effect: 'unsafe',
  input: schema(statementInput),
  output: schema(executeOutput),
  errors: ['invalid_input', 'not_found', 'already_exists', 'conflict'],
  async run(client: MysqlClient, { text, values }, context) {
    const { changes, lastInsertId } = await client.run(toStep(text, values), context)
    return { changes, lastInsertId }
  },
})
