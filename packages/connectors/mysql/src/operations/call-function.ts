import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { quoteTable } from '../identifiers.ts'
import type { MysqlClient } from '../mysql-client.ts'
import { toParameters } from '../values/to-parameter.ts'

/** Calls a stored function. */
export const callFunction = operation({
  description: 'Calls a function of the database and gives its value.',
  effect: 'unsafe',
  input: schema(() =>
    z.strictObject({
      name: z.string().min(1).describe('Name of the function.'),
      schema: z.string().min(1).optional().describe('Its database. Default: that of the connection.'),
      arguments: z.array(z.unknown()).default([]).describe('Arguments by position.'),
    }),
  ),
  output: schema(() => z.object({ value: z.unknown().describe('What the function gave.') })),
  errors: ['invalid_input', 'not_found', 'already_exists', 'conflict'],
  async run(client: MysqlClient, { name, schema, arguments: given }, context) {
    const text = `select ${quoteTable(name, schema)}(${given.map(() => '?').join(', ')}) as value`
    const { rows } = await client.run({ text, values: toParameters(given) }, context)
    return { value: rows[0]?.['value'] ?? null }
  },
})
