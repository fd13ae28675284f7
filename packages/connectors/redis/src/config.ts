import { schema, type InputOf, type OutputOf } from '@casare/core'
import { secret } from '@casare/core/zod'
import { z } from 'zod'

const nodes = () =>
  z
    .array(z.string().regex(/^(?:\[[0-9a-fA-F:]+\]|[^\s:/@[\]]+):\d{1,5}$/, 'must be host:port'))
    .min(1)
    .max(1_000)
const allowNodes = () =>
  z
    .array(z.string().min(1))
    .max(1_000)
    .default([])
    .describe(
      'Hosts that the servers may name besides those in nodes; "*.example.com" is any host below. Others are not connected to.',
    )

/** Settings of a Redis connection: a URL, or its parts. */
export const config = schema(() =>
  z.strictObject({
    url: secret(
      'redis://[user[:password]@]host[:port][/database], or rediss:// for TLS. In place of the parts.',
    ).optional(),
    host: z.string().min(1).optional().describe('Name or address of the server. Default: localhost.'),
    port: z.number().int().min(1).max(65_535).optional().describe('Default: 6379.'),
    secure: z
      .boolean()
      .optional()
      .describe('Speaks TLS. Default: yes, unless the host, or every node, is this machine.'),
    username: z.string().min(1).optional().describe('Name of the ACL user. Default: "default".'),
    password: secret('Password of the user.').optional(),
    database: z.number().int().min(0).max(1_000_000).optional().describe('Number of the database. Default: 0.'),
    clientName: z
      .string()
      .regex(/^[\x21-\x7e]{1,100}$/)
      .optional()
      .describe('How this connection is called in CLIENT LIST.'),
    cluster: z
      .strictObject({
        nodes: nodes().describe('Nodes to begin with, host:port; they tell of the others.'),
        allowNodes: allowNodes(),
      })
      .optional()
      .describe(
        'Experimental. A cluster, in place of url, host and port: each command goes to the node that has its key, and MOVED and ASK are followed.',
      ),
    sentinel: z
      .strictObject({
        nodes: nodes().describe('The sentinels, host:port.'),
        primary: z.string().min(1).describe('What the sentinels call the primary.'),
        username: z.string().min(1).optional().describe('Name of the ACL user of the sentinels.'),
        password: secret('Password of the sentinels.').optional(),
        allowNodes: allowNodes(),
      })
      .optional()
      .describe(
        'Experimental. Sentinels that tell who is the primary, in place of url, host and port; they are asked at each connect.',
      ),
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
