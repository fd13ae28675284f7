import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { SqliteClient } from '../engine-client.ts'
import type { SqliteRow } from '../engine/engine.ts'
import { toBindings } from '../values.ts'
import { statementInput } from './statement-input.ts'

const row = z.record(z.string(), z.unknown()).describe('Column names to values.') as unknown as z.ZodType<SqliteRow>

/** Runs one statement and gives its rows. */
export const query = operation({
  description: 'Runs one SQL statement and gives its rows.',
  effect: 'unsafe',
  input: schema(statementInput),
  output: schema(() => z.object({ rows: z.array(row) })),
  errors: ['invalid_input', 'not_found', 'already_exists', 'conflict'],
  run(client: SqliteClient, { text, values }, context) {
    const rows = client.query({ text, values: toBindings(values) }, context)
    return rows instanceof Promise ? rows.then((settled) => ({ rows: settled })) : { rows }
  },
})
