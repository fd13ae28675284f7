import { schema, type InputOf, type OutputOf } from '@casare/core'
import { secret } from '@casare/core/zod'
import { z } from 'zod'

/** Settings of a PostgreSQL connection. */
export const config = schema(() =>
  z
    .strictObject({
      url: secret(
        'postgresql://user:password@host:port/database, with sslmode and application_name as its only parameters.',
      ).optional(),
      host: z
        .string()
        .min(1)
        .optional()
        .describe('Name or address of the server, or the absolute path of the folder of its Unix socket.'),
      port: z.number().int().min(1).max(65_535).optional().describe('Port of the server. Default: 5432.'),
      database: z.string().min(1).optional().describe('Name of the database. Default: that of the user.'),
      user: z.string().min(1).optional().describe('Name of the role. Default: postgres.'),
      password: secret('Password of the role.').optional(),
      sslMode: z
        .enum(['verify-full', 'disable'])
        .optional()
        .describe(
          'Default: TLS with verification, but for loopback addresses and Unix sockets. "disable" to another machine also needs tls.insecure.',
        ),
      applicationName: z.string().min(1).max(63).optional().describe('Shown in pg_stat_activity. Default: casare.'),
      searchPath: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe('Schemas in which tables without a schema are looked for. Default: as the server says.'),
      maxStatements: z
        .number()
        .int()
        .min(0)
        .max(10_000)
        .default(200)
        .describe('Prepared statements kept per server connection; 0 for a pooler that cannot keep them.'),
      maxRows: z
        .number()
        .int()
        .min(1)
        .max(100_000_000)
        .default(1_000_000)
        .describe('The most rows that one query may give; rows.read has no such limit.'),
    })
    .refine(({ url, host }) => (url === undefined) !== (host === undefined), {
      message: 'give either url or host',
    })
    .refine(
      ({ url, port, database, user, password, sslMode }) =>
        url === undefined || [port, database, user, password, sslMode].every((part) => part === undefined),
      { message: 'beside url there is no port, database, user, password or sslMode: they are parts of it' },
    ),
)

/** What `postgresql({…})` takes beside the uniform parts. */
export type PostgresqlConfig = InputOf<typeof config>
export type ParsedConfig = OutputOf<typeof config>
