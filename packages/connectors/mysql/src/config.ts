import { schema, type InputOf, type OutputOf } from '@casare/core'
import { secret } from '@casare/core/zod'
import { z } from 'zod'

/** Settings of a MySQL or MariaDB connection. */
export const config = schema(() =>
  z
    .strictObject({
      url: secret('mysql://user:password@host:port/database, without parameters.').optional(),
      host: z.string().min(1).optional().describe('Name or address of the server.'),
      port: z.number().int().min(1).max(65_535).optional().describe('Port of the server. Default: 3306.'),
      database: z.string().min(1).optional().describe('Name of the database. Default: none.'),
      user: z.string().min(1).optional().describe('Name of the user. Default: root.'),
      password: secret('Password of the user.').optional(),
      secure: z
        .boolean()
        .optional()
        .describe('Speaks TLS. Default: yes, unless the host is this machine. Beside a url too.'),
      maxStatements: z
        .number()
        .int()
        .min(1)
        .max(10_000)
        .default(200)
        .describe('Prepared statements kept per server connection.'),
    })
    .refine(({ url, host }) => (url === undefined) !== (host === undefined), { message: 'give either url or host' })
    .refine(
      ({ url, port, database, user, password }) =>
        url === undefined || [port, database, user, password].every((part) => part === undefined),
      { message: 'beside url there is no port, database, user or password: they are parts of it' },
    ),
)

/** What `mysql({…})` takes beside the uniform parts. */
export type MysqlConfig = InputOf<typeof config>
export type ParsedConfig = OutputOf<typeof config>
