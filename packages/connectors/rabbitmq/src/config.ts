import { schema, type InputOf, type OutputOf } from '@casare/core'
import { secret } from '@casare/core/zod'
import { z } from 'zod'

/** Settings of a RabbitMQ connection: a URL, or its parts. */
export const config = schema(() =>
  z.strictObject({
    url: secret(
      'amqp://[user[:password]@]host[:port][/vhost], or amqps:// for TLS. In place of the parts (https://www.rabbitmq.com/docs/uri-spec).',
    ).optional(),
    host: z.string().min(1).optional().describe('Name or address of the broker. Default: localhost.'),
    port: z.number().int().min(1).max(65_535).optional().describe('Default: 5672, or 5671 with TLS.'),
    secure: z.boolean().optional().describe('Speaks TLS. Default: yes, unless the host is this machine.'),
    vhost: z.string().min(1).max(255).optional().describe('Name of the virtual host. Default: "/".'),
    username: z.string().min(1).optional().describe('Default: guest.'),
    password: secret('Password of the user. Default: guest.').optional(),
    authentication: z
      .enum(['password', 'certificate'])
      .default('password')
      .describe(
        'Who we are: by name and password, or by the client certificate in tls.cert (https://www.rabbitmq.com/docs/access-control#mechanisms).',
      ),
    heartbeatMs: z
      .number()
      .int()
      .min(1_000)
      .max(3_600_000)
      .default(30_000)
      .describe(
        'Longest silence of either side, in milliseconds, whole seconds; after one and a half of it the connection counts as lost.',
      ),
    connectionName: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('How this connection is called in the management pages.'),
    maxChannels: z
      .number()
      .int()
      .min(1)
      .max(1_000)
      .default(16)
      .describe('Operations at work at once; each has a channel of its own, and more wait for their turn.'),
  }),
)

/** What `rabbitmq({…})` takes beside the uniform parts. */
export type RabbitmqConfig = InputOf<typeof config>
export type ParsedConfig = OutputOf<typeof config>
