import { anyRecord, reads, stream, writes, schema } from '@casare/core'
import { namedTable, readFields, rowsCursor, writeFields } from '@casare/sql/zod'
import { z } from 'zod'
import type { PostgresqlClient } from '../postgresql-client.ts'
import type { Position } from './keyset.ts'
import { readRows } from './read-rows.ts'
import { writeRows } from './write-rows.ts'

const cursor = schema(
  () =>
    rowsCursor(
      z.union([z.string(), z.null()]),
      'Values of the ordering columns of the last row, as PostgreSQL writes them.',
    ) as unknown as z.ZodType<Position>,
)

const schemaName = () => z.string().min(1).optional().describe('Its schema. Default: as the search path finds it.')

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
          .describe('Columns that tell rows apart. Default: the primary key; views need it.'),
      }),
    ),
    record: schema(() => z.record(z.string(), z.unknown())),
    cursor,
    errors: ['not_found', 'invalid_input'],
    pages: (client: PostgresqlClient, input, context) =>
      readRows(client, input, context.maxRecords ?? input.pageSize, context),
  }),
  write: writes({
    description:
      'Writes rows, by COPY where that is fastest. With a key, a row that is there is updated (upsert), so writing twice does no harm.',
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
    maxBatchRecords: ({ key }) => (key === undefined ? 50_000 : 10_000),
    atomic: true,
    write: (client: PostgresqlClient, records, input, context) =>
      writeRows(client, records as readonly Record<string, unknown>[], input, context),
  }),
})
