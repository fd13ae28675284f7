import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { MysqlClient } from '../mysql-client.ts'
import type { MysqlRow } from '../server/statement.ts'
import { statementInput } from './statement-input.ts'
import { toStep } from './to-step.ts'

const row = z.record(z.string(), z.unknown()).describe('Column names to values.') as unknown as z.ZodType<MysqlRow>

/** Runs one statement and gives its rows. */
export const query = operation({
  description: 'Runs one SQL statement and gives its rows.',
  effect: 'unsafe',
  input: schema(statementInput),
  output: schema(() => z.object({ rows: z.array(row) })),
  errors: ['invalid_input', 'not_found', 'already_exists', 'conflict'],
  async run(client: MysqlClient, { text, values }, context) {
    const { rows } = await client.run(toStep(text, values), context)
    return { rows }
  },
})
