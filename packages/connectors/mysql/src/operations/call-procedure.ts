import { operation, schema } from '@casare/core'
import { row } from '@casare/sql/zod'
import { z } from 'zod'
import { quoteTable } from '../identifiers.ts'
import type { MysqlClient } from '../mysql-client.ts'
import { toParameters } from '../values/to-parameter.ts'

/** Calls a stored procedure. */
export const callProcedure = operation({
  description: 'Calls a stored procedure and gives every result that it makes. Its OUT parameters are not supported.',
  effect: 'unsafe',
  input: schema(() =>
    z.strictObject({
      name: z.string().min(1).describe('Name of the procedure.'),
      schema: z.string().min(1).optional().describe('Its database. Default: that of the connection.'),
      arguments: z.array(z.unknown()).default([]).describe('Arguments by position.'),
    }),
  ),
  output: schema(() =>
    z.object({
      results: z.array(z.array(row())).describe('Rows of each SELECT in the procedure.'),
      changes: z.number().int().describe('Rows changed by its last statement.'),
    }),
  ),
  errors: ['invalid_input', 'not_found', 'already_exists', 'conflict'],
  async run(client: MysqlClient, { name, schema, arguments: given }, context) {
    const text = `call ${quoteTable(name, schema)}(${given.map(() => '?').join(', ')})`
    const { results, changes } = await client.run({ text, values: toParameters(given) }, context)
    return { results: [...results], changes }
  },
})
