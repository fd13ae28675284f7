import { operation, schema } from '@casare/core'
import type { SqliteClient } from '../engine-client.ts'
import { toBindings } from '../values.ts'
import { executeOutput } from './execute-output.ts'
import { statementInput } from './statement-input.ts'

/** Runs one statement and tells how many rows it changed. */
export const execute = operation({
  description: 'Runs one SQL statement and tells how many rows it changed.',
  effect: 'unsafe',
  input: schema(statementInput),
  output: schema(executeOutput),
  errors: ['invalid_input', 'not_found', 'already_exists', 'conflict'],
  run: (client: SqliteClient, { text, values }, context) =>
    client.execute({ text, values: toBindings(values) }, context),
})
