import { operation, schema } from '@casare/core'
import { queryOutput } from '@casare/sql/zod'
import { z } from 'zod'
import { quote, quoteTable } from '../identifiers.ts'
import { runOne, type PostgresqlClient } from '../postgresql-client.ts'
import { toParameters } from '../values/to-parameter.ts'

/** Calls a function of the database. */
export const callFunction = operation({
  description: 'Calls a function of the database and gives its rows; one that gives a single value gives one row.',
  effect: 'unsafe',
  input: schema(() =>
    z.strictObject({
      name: z.string().min(1).describe('Name of the function.'),
      schema: z.string().min(1).optional().describe('Its schema. Default: as the search path finds it.'),
      arguments: z
        .union([z.array(z.unknown()), z.record(z.string(), z.unknown())])
        .default([])
        .describe('Arguments by position, or by name.'),
    }),
  ),
  output: schema(queryOutput),
  errors: ['invalid_input', 'not_found', 'already_exists', 'conflict'],
  async run(client: PostgresqlClient, { name, schema, arguments: given }, context) {
    const named = Array.isArray(given) ? undefined : Object.keys(given)
    const values = Array.isArray(given) ? given : Object.values(given)
    const places = values.map((_value, index) => {
      const parameter = named?.[index]
      return `${parameter === undefined ? '' : `${quote(parameter)} => `}$${index + 1}`
    })
    const text = `select * from ${quoteTable(name, schema)}(${places.join(', ')})`
    const { rows } = await runOne(client, { text, values: toParameters(values) }, context)
    return { rows }
  },
})
