import { schema, type InputOf, type OutputOf } from '@casare/core'
import { secret } from '@casare/core/zod'
import { z } from 'zod'

/** Settings of a Redis connection: a URL, or its parts. */
export const config = schema(() =>
  z.strictObject({
    url: secret(
      'redis://[user[:password]@]host[:port][/database], or rediss:// for TLS. In place of the parts.',
    ).optional(),
    host: z.string().min(1).optional().describe('Name or address of the server. Default: localhost.'),
    port: z.number().int().min(1).max(65_535).optional().describe('Default: 6379.'),
    secure: z.boolean().optional().describe('Speaks TLS. Default: yes, unless the host is this machine.'),
    username: z.string().min(1).optional().describe('Name of the ACL user. Default: "default".'),
    password: secret('Password of the user.').optional(),
    database: z.number().int().min(0).max(1_000_000).optional().describe('Number of the database. Default: 0.'),
    clientName: z
      .string()
      .regex(/^[\x21-\x7e]{1,100}$/)
      .optional()
      .describe('How this connection is called in CLIENT LIST.'),
    maxQueuedCommands: z
      .number()
      .int()
      .min(1)
      .max(10_000_000)
      .default(100_000)
      .describe('Commands that may wait for their answer at once; beyond it calls fail as rate_limited.'),
  }),
)

/** What `redis({…})` takes beside the uniform parts. */
export type RedisConfig = InputOf<typeof config>
export type ParsedConfig = OutputOf<typeof config>
