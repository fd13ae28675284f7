import { schema, type InputOf, type OutputOf } from '@casare/core'
import { z } from 'zod'

/** Settings of a SQLite connection. */
export const config = schema(() =>
  z.strictObject({
    path: z.string().min(1).describe('Path of the database file, or ":memory:" for one that ends with the connection.'),
    create: z.boolean().default(true).describe('Creates the file where it is missing.'),
    journal: z
      .enum(['wal', 'delete', 'truncate', 'memory', 'off'])
      .default('wal')
      .describe('Journal mode; "wal" lets others read while one writes (https://www.sqlite.org/wal.html).'),
    synchronous: z
      .enum(['off', 'normal', 'full', 'extra'])
      .default('full')
      .describe(
        'When data is flushed to the disk (https://www.sqlite.org/pragma.html#pragma_synchronous). With "full" a commit survives a power cut.',
      ),
    busyTimeoutMs: z
      .number()
      .int()
      .min(0)
      .max(600_000)
      .default(5_000)
      .describe(
        'The longest wait for a lock that somebody else holds, in milliseconds; the wait does not block the thread.',
      ),
    integers: z
      .enum(['auto', 'number', 'bigint'])
      .default('auto')
      .describe(
        'How integers arrive: "auto" gives numbers, and bigint only beyond 2^53; "number" may round; "bigint" always.',
      ),
    worker: z
      .boolean()
      .default(false)
      .describe('Runs statements in a thread of their own, so that heavy ones do not hold up the caller.'),
    maxStatements: z.number().int().min(0).max(10_000).default(200).describe('Prepared statements kept.'),
    maxPages: z
      .number()
      .int()
      .min(1)
      .max(4_294_967_294)
      .optional()
      .describe('Most pages the file may have; beyond it the disk counts as full.'),
  }),
)

/** What `sqlite({…})` takes beside the uniform parts. */
export type SqliteConfig = InputOf<typeof config>
export type ParsedConfig = OutputOf<typeof config>
