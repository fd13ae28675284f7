import { anyRecord, reads, stream, writes, schema } from '@casare/core'
import { z } from 'zod'
import type { MysqlClient } from '../mysql-client.ts'
import type { RowsCursor } from './keyset.ts'
import { readRows } from './read-rows.ts'
import { writeRows } from './write-rows.ts'

const defaultPageSize = 1_000

const jsonValue = z.union([
  z.null(),
  z.number(),
  z.string(),
  z.strictObject({ $bigint: z.string().regex(/^-?\d{1,20}$/) }),
  z.strictObject({ $bytes: z.string() }),
])

const cursor = schema(
  () =>
    z.strictObject({
      after: z.array(jsonValue).describe('Values of the ordering columns of the last row.'),
      end: z.boolean().optional().describe('The read had reached the end of the table.'),
    }) as unknown as z.ZodType<RowsCursor>,
)

const table = () => z.string().min(1).describe('Name of the table or view.')
const schemaName = () => z.string().min(1).optional().describe('Its database. Default: that of the connection.')
const columnNames = () => z.array(z.string().min(1)).min(1)

/** The rows of a table. */
export const rows = stream({
  description: 'The rows of a table: read page by page in a stable order, or written in batches.',
  read: reads({
    description:
      'Reads the rows of a table, ordered by a column that grows (for incremental reading) or by its key. Going on after the end reads the rows with the last value again, so that ties that arrived later are not lost.',
    input: schema(() =>
      z.strictObject({
        table: table(),
        schema: schemaName(),
        columns: columnNames().optional().describe('Columns wanted. Default: all.'),
        by: z
          .string()
          .min(1)
          .optional()
          .describe('A column that grows: updated_at, id. Default: the key of the table.'),
        key: columnNames()
          .optional()
          .describe('Columns that tell rows apart. Default: the primary key; views and tables without one need it.'),
        where: z.record(z.string(), z.unknown()).optional().describe('Only rows with these values.'),
        pageSize: z.number().int().min(1).max(100_000).default(defaultPageSize).describe('Rows per page.'),
      }),
    ),
    record: schema(() => z.record(z.string(), z.unknown())),
    cursor,
    errors: ['not_found', 'invalid_input'],
    pages: (client: MysqlClient, input, context) =>
      readRows(client, input, context.maxRecords ?? input.pageSize, context),
  }),
  write: writes({
    description:
      'Writes rows, many by one statement. With a key, a row that is there is updated (upsert), so writing twice does no harm. MySQL looks at every unique key of the table, not just at "key".',
    input: schema(() =>
      z.strictObject({
        table: table(),
        schema: schemaName(),
        key: columnNames().optional().describe('Columns that tell rows apart; they need a unique index.'),
        onConflict: z
          .enum(['update', 'ignore', 'fail'])
          .default('update')
          .describe('What to do with a row whose key is there.'),
      }),
    ),
    record: anyRecord,
    effect: ({ key, onConflict }) => (key !== undefined && onConflict !== 'fail' ? 'idempotent' : 'unsafe'),
    errors: ['not_found', 'invalid_input', 'already_exists', 'conflict'],
    maxBatchRecords: 1_000,
    atomic: true,
    write: (client: MysqlClient, records, input, context) =>
      writeRows(client, records as readonly Record<string, unknown>[], input, context),
  }),
})
