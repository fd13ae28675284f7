import { anyRecord, reads, stream, writes, schema } from '@casare/core'
import { namedTable, readFields, rowsCursor, taggedValue, writeFields } from '@casare/sql/zod'
import { z } from 'zod'
import type { MysqlClient } from '../mysql-client.ts'
import type { Position } from './keyset.ts'
import { readRows } from './read-rows.ts'
import { writeRows } from './write-rows.ts'

const cursor = schema(
  () => rowsCursor(taggedValue(), 'Values of the ordering columns of the last row.') as unknown as z.ZodType<Position>,
)

const schemaName = () => z.string().min(1).optional().describe('Its database. Default: that of the connection.')

/** The rows of a table. */
export const rows = stream({
  description: 'The rows of a table: read page by page in a stable order, or written in batches.',
  read: reads({
    description:
      'Reads the rows of a table, ordered by a column that grows (for incremental reading) or by its key. Going on after the end reads the rows with the last value again, so that ties that arrived later are not lost.',
    input: schema(() =>
      z.strictObject({
        table: namedTable(),
        schema: schemaName(),
        ...readFields(z.unknown()),
        key: z
          .array(z.string().min(1))
          .min(1)
          .optional()
          .describe('Columns that tell rows apart. Default: the primary key; views and tables without one need it.'),
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
        table: namedTable(),
        schema: schemaName(),
        ...writeFields(),
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
