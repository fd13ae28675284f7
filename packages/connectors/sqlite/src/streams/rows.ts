import { anyRecord, reads, stream, writes, schema } from '@casare/core'
import { namedTable, readFields, rowsCursor, taggedValue, writeFields } from '@casare/sql/zod'
import { z } from 'zod'
import type { SqliteClient } from '../engine-client.ts'
import type { SqliteRow } from '../engine/engine.ts'
import { keysetPage, planRead, type Position } from './keyset.ts'
import { writeRows } from './write-rows.ts'

const cursor = schema(
  () => rowsCursor(taggedValue(), 'Values of the ordering columns of the last row.') as unknown as z.ZodType<Position>,
)

/** The rows of a table. */
export const rows = stream({
  description: 'The rows of a table: read page by page in a stable order, or written in batches.',
  read: reads({
    description:
      'Reads the rows of a table, ordered by a column that grows (for incremental reading) or by its key. Going on after the end reads the rows with the last value again, so that ties that arrived later are not lost.',
    input: schema(() =>
      z.strictObject({
        table: namedTable(),
        ...readFields(taggedValue()),
      }),
    ),
    record: schema(() => z.record(z.string(), z.unknown()) as unknown as z.ZodType<SqliteRow>),
    cursor,
    errors: ['not_found', 'invalid_input'],
    async *pages(client: SqliteClient, input, context) {
      const { maxRecords = input.pageSize } = context
      const plan = await planRead(client, input, context)
      let position = context.cursor
      for (;;) {
        const page = await keysetPage(client, plan, position, maxRecords, context)
        if (page.records.length === 0 && position?.end === true) return
        yield page
        if (page.last) return
        position = page.cursor
      }
    },
  }),
  write: writes({
    description: 'Writes rows. With a key, a row that is there is updated (upsert), so writing twice does no harm.',
    input: schema(() =>
      z.strictObject({
        table: namedTable(),
        ...writeFields(),
        create: z.boolean().default(false).describe('Creates a missing table from the fields of the first records.'),
      }),
    ),
    record: anyRecord,
    effect: ({ key, onConflict }) => (key !== undefined && onConflict !== 'fail' ? 'idempotent' : 'unsafe'),
    errors: ['not_found', 'invalid_input', 'already_exists', 'conflict'],
    maxBatchRecords: 1_000,
    atomic: true,
    write: (client: SqliteClient, records, input, context) =>
      writeRows(client, records as readonly Record<string, unknown>[], input, context),
  }),
})
