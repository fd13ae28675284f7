import { listens, stream, schema } from '@casare/core'
import { z } from 'zod'
import type { PostgresqlDatabase } from '../database.ts'
import { followChanges } from '../replication/follow-changes.ts'

const row = z.record(z.string(), z.unknown())

/** What happens to the rows of tables. */
export const changes = stream({
  description: 'What happens to the rows of tables, in the order of commits, by logical replication.',
  listen: listens({
    description:
      'Follows inserts, updates, deletes and truncates. At least once: what was not acknowledged comes again after a lost connection or a crash. While nobody listens the server keeps what has changed since, so drop a slot that is no longer needed.',
    input: schema(() =>
      z.strictObject({
        slot: z
          .string()
          .regex(/^[a-z0-9_]{1,63}$/)
          .describe('Name of the replication slot, which keeps the place: lower-case letters, digits, underscores.'),
        publication: z.string().min(1).max(63).describe('Name of the publication, which says what tables.'),
        create: z.boolean().default(false).describe('Makes slot and publication where they are missing.'),
        tables: z
          .array(z.strictObject({ table: z.string().min(1), schema: z.string().min(1).optional() }))
          .min(1)
          .optional()
          .describe('Tables of a publication that is made. Default: all.'),
      }),
    ),
    event: schema(() =>
      z.object({
        kind: z.enum(['insert', 'update', 'delete', 'truncate']),
        schema: z.string(),
        table: z.string(),
        row: row.optional().describe('The row as it is now.'),
        old: row.optional().describe("What the table's replica identity keeps of the row as it was: its key, or all."),
        unchanged: z.array(z.string()).optional().describe('Large columns that were not touched and are not sent.'),
        transaction: z.number().int(),
        committedAt: z.string(),
        lsn: z.string().describe('Place of the commit in the log.'),
      }),
    ),
    heartbeatMs: 6_000,
    subscribe: (database: PostgresqlDatabase, input, context) => followChanges(database, input, context),
  }),
})
