import { invalidInput, operation, schema } from '@casare/core'
import { bytes } from '@casare/core/zod'
import { z } from 'zod'
import type { Times } from '../backend/backend.ts'
import { CopyOutput } from '../backend/copy-output.ts'
import { quote, quoteTable } from '../identifiers.ts'
import { plain, type PostgresqlClient } from '../postgresql-client.ts'
import { copyFormat, copyOptions } from './copy-options.ts'

/** Gives rows as bytes of any length. */
export const copyOut = operation({
  description:
    'Gives the rows of a table or query as a stream of bytes (CSV, text or binary) by COPY; changes nothing.',
  effect: 'read',
  input: schema(() =>
    z.strictObject({
      table: z.string().min(1).optional().describe('Name of the table; or give query.'),
      schema: z.string().min(1).optional().describe('Its schema. Default: as the search path finds it.'),
      columns: z.array(z.string().min(1)).min(1).optional().describe('Columns of the table wanted. Default: all.'),
      query: z.string().min(1).optional().describe('One SQL query without values; it may only read. Or give table.'),
      ...copyFormat,
    }),
  ),
  output: schema(() => z.object({ body: bytes('The rows.') })),
  errors: ['invalid_input', 'not_found'],
  async run(client: PostgresqlClient, { table, schema, columns, query, ...options }, context) {
    if ((table === undefined) === (query === undefined)) throw invalidInput('copyOut: give either table or query.')
    if (query !== undefined && (query.includes('\0') || !query.isWellFormed()))
      throw invalidInput('copyOut: the query contains a NUL byte or half of a surrogate pair.')
    const names = columns === undefined ? '' : ` (${columns.map(quote).join(', ')})`
    const source = table === undefined ? `(${query}\n)` : `${quoteTable(table, schema)}${names}`
    const copy = plain(`copy ${source} to stdout ${copyOptions(options)}`)
    const output = new CopyOutput(client.scoped ? [copy] : [plain('begin read only'), copy, plain('commit')])
    await begin(client, output, context)
    return { body: output }
  },
})

/** Resolves when bytes begin to come; the server connection is held until they end or are let go of. */
function begin(client: PostgresqlClient, output: CopyOutput, times: Times): Promise<void> {
  return new Promise((resolve, reject) => {
    client
      .holding(times, async (backend) => {
        output.onLetGo = () => backend.abandon(new Error('The rows were not wanted any more.'))
        try {
          await backend.use(times, (connection) => {
            connection.query(output as never)
            return output.begun
          })
        } catch (error) {
          await output.over
          throw error
        }
        resolve()
        await output.over
      })
      .catch(reject)
  })
}
