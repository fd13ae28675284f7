import { openBody, operation, schema } from '@casare/core'
import { body } from '@casare/core/zod'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { quote, quoteTable } from '../identifiers.ts'
import type { PostgresqlClient } from '../postgresql-client.ts'
import { copyFormat, copyOptions } from './copy-options.ts'

/** Stores rows from bytes of any length. */
export const copyIn = operation({
  description: 'Stores the rows of a stream of bytes (CSV, text or binary) by COPY: all of them, or none.',
  effect: 'unsafe',
  input: schema(() =>
    z.strictObject({
      table: z.string().min(1).describe('Name of the table.'),
      schema: z.string().min(1).optional().describe('Its schema. Default: as the search path finds it.'),
      columns: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe('Columns of the bytes. Default: all, in their order.'),
      ...copyFormat,
      body: body('The rows.'),
    }),
  ),
  output: schema(() => z.object({ rows: z.number().int().describe('Rows stored.') })),
  errors: ['invalid_input', 'not_found', 'already_exists', 'conflict'],
  async run(client: PostgresqlClient, { table, schema, columns, body: given, ...options }, context) {
    const opened = await openBody(given, context.fileRoots)
    const { from } = await import('pg-copy-streams')
    const names = columns === undefined ? '' : ` (${columns.map(quote).join(', ')})`
    const text = `copy ${quoteTable(table, schema)}${names} from stdin ${copyOptions(options)}`
    return client.holding(context, (backend) =>
      backend.use(context, async (connection) => {
        const copying = connection.query(from(text))
        await pipeline(Readable.from(opened.stream(), { objectMode: false }), copying)
        return { rows: copying.rowCount }
      }),
    )
  },
})
