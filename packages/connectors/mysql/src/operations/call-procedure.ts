import { operation, schema } from '@casare/core'
import { row } from '@casare/sql/zod'
import { z } from 'zod'
import { quoteTable } from '../identifiers.ts'
import type { MysqlClient } from '../mysql-client.ts'
import type { Times } from '../server/server-connection.ts'
import type { MysqlRow, StepResult } from '../server/statement.ts'
import { toParameters } from '../values/to-parameter.ts'

/** Calls a stored procedure. */
export const callProcedure = operation({
  description: 'Calls a stored procedure and gives every result that it makes, and its OUT and INOUT parameters.',
  effect: 'unsafe',
  input: schema(() =>
    z.strictObject({
      name: z.string().min(1).describe('Name of the procedure.'),
      schema: z.string().min(1).optional().describe('Its database. Default: that of the connection.'),
      arguments: z.array(z.unknown()).default([]).describe('Arguments by position; null for OUT parameters.'),
    }),
  ),
  output: schema(() =>
    z.object({
      results: z.array(z.array(row())).describe('Rows of each SELECT in the procedure.'),
      out: row().describe('Values of its OUT and INOUT parameters, by name.'),
      changes: z.number().int().describe('Rows changed by its last statement.'),
    }),
  ),
  errors: ['invalid_input', 'not_found', 'already_exists', 'conflict'],
  async run(client: MysqlClient, { name, schema, arguments: given }, context) {
    const text = `call ${quoteTable(name, schema)}(${given.map(() => '?').join(', ')})`
    const { results, changes } = await client.run({ text, values: toParameters(given) }, context)
    const out = await outOf(client, name, schema, results, context)
    return out === undefined
      ? { results: [...results], out: {}, changes }
      : { results: results.slice(0, -1), out, changes }
  },
})

/** The server tells the values as one more result, with one row; which parameters there are tells whether it is that. */
async function outOf(
  client: MysqlClient,
  name: string,
  schema: string | undefined,
  results: StepResult['results'],
  times: Times,
): Promise<MysqlRow | undefined> {
  const [values, another] = results.at(-1) ?? []
  if (values === undefined || another !== undefined) return undefined
  try {
    const { rows } = await client.run({ text: outParameters, values: [schema ?? null, name] }, times)
    const names = rows.map(({ name: parameter }) => String(parameter))
    return names.length > 0 && names.join('\0') === Object.keys(values).join('\0') ? values : undefined
  } catch {
    // The procedure has run: what it gave is worth more than the order that it comes in.
    return undefined
  }
}

/** https://dev.mysql.com/doc/refman/8.4/en/information-schema-parameters-table.html */
const outParameters =
  "select parameter_name as name from information_schema.parameters where specific_schema = ifnull(?, database()) and specific_name = ? and routine_type = 'PROCEDURE' and parameter_mode in ('OUT', 'INOUT') order by ordinal_position"
