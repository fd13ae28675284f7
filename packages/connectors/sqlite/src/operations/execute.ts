import { operation } from '@casare/core'
import { withJsonSchema } from '@casare/core/zod'
import { z } from 'zod'
import type { SqliteClient } from '../engine-client.ts'
import type { ExecuteResult } from '../engine/engine.ts'
import { toBindings } from '../values.ts'
import { statementInput } from './statement-input.ts'

export const executeOutput = z.object({
  changes: z.number().int().describe('Rows inserted, changed or deleted.'),
  lastInsertId: withJsonSchema(z.union([z.number(), z.bigint()]), {
    description: 'The rowid inserted last by this connection; 0 where there is none.',
    anyOf: [
      { type: 'integer' },
      { type: 'object', properties: { $bigint: { type: 'string' } }, required: ['$bigint'] },
    ],
  }),
}) as unknown as z.ZodType<ExecuteResult>

/** Runs one statement and tells how many rows it changed. */
export const execute = operation({
  description: 'Runs one SQL statement and tells how many rows it changed.',
  effect: 'unsafe',
  input: statementInput,
  output: executeOutput,
  errors: ['invalid_input', 'not_found', 'already_exists', 'conflict'],
  run: (client: SqliteClient, { text, values }, context) =>
    client.execute({ text, values: toBindings(values) }, context),
})
