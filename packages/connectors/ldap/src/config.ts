import { schema, type InputOf, type OutputOf } from '@casare/core'
import { secret } from '@casare/core/zod'
import { z } from 'zod'
import { dnSchema } from './values/dn-schema.ts'

/** Settings of a connection to a directory. */
export const config = schema(() =>
  z.strictObject({
    url: z
      .string()
      .regex(
        /^ldaps?:\/\/(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?\/?$/,
        'must be ldap://host:port or ldaps://host:port',
      )
      .describe('ldaps://host[:port] for TLS (port 636), or ldap://host[:port] (port 389), best with startTls.'),
    startTls: z
      .boolean()
      .default(false)
      .describe('Asks for TLS on an ldap:// connection before anything else is sent (RFC 4511, 4.14). Default: false.'),
    bind: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('anonymous') }),
        z.strictObject({
          kind: z.literal('simple'),
          dn: dnSchema('Who connects: a DN. Active Directory also takes user@domain.', true),
          password: secret('Password of that entry; an empty one is refused (RFC 4513, 5.1.2).'),
        }),
        z.strictObject({ kind: z.literal('external') }),
      ])
      .describe('How to authenticate; external is SASL EXTERNAL with the client certificate of tls.cert and tls.key.'),
    base: dnSchema('The DN below which calls search that name no other base.'),
    maxEntryBytes: z
      .number()
      .int()
      .min(1_024)
      .max(1_073_741_824)
      .default(10_485_760)
      .describe('The largest entry that is read, in bytes. Default: 10 MiB.'),
    maxAnswerBytes: z
      .number()
      .int()
      .min(1_024)
      .max(1_073_741_824)
      .default(67_108_864)
      .describe('The most that one request may be answered with, in bytes; a page counts as one. Default: 64 MiB.'),
  }),
)

/** Settings of a connection to a directory, as they are given. */
export type LdapConfig = InputOf<typeof config>
export type ParsedConfig = OutputOf<typeof config>
