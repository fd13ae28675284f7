import { schema, type InputOf, type OutputOf } from '@casare/core'
import { secret } from '@casare/core/zod'
import { z } from 'zod'
import { isPath } from './paths.ts'

const mountPath = (name: string, description: string): z.ZodDefault<z.ZodString> =>
  z.string().refine(isPath, 'expected a path without slashes at its ends').default(name).describe(description)

const auth = () =>
  z.discriminatedUnion('kind', [
    z
      .strictObject({
        kind: z.literal('token'),
        token: secret('A token. It is used as it is, and neither renewed nor revoked: its owner does that.'),
      })
      .describe('A token that somebody else has made.'),
    z
      .strictObject({
        kind: z.literal('approle'),
        roleId: z.string().min(1).describe('Id of the role.'),
        secretId: secret('Secret id of the role. One that may be used once serves until its token is over.'),
        mount: mountPath('approle', 'Where the method is mounted, below auth/.'),
      })
      .describe('Logs in with AppRole; its token is renewed at two thirds of its life, and revoked on close.'),
  ])

/** Settings of a connection to Vault. */
export const config = schema(() =>
  z.strictObject({
    address: z
      .url({ protocol: /^https?$/ })
      .describe('Where Vault answers, without /v1: https://vault.example.com:8200.'),
    namespace: z
      .string()
      .refine(isPath, 'expected a path without slashes at its ends')
      .optional()
      .describe('Namespace of all calls (Vault Enterprise, HCP). Default: the root namespace.'),
    auth: auth().describe('How the connection proves who it is.'),
    kv: z
      .strictObject({
        mount: mountPath('secret', 'Where the key/value engine is mounted.'),
        version: z
          .union([z.literal(1), z.literal(2)])
          .default(2)
          .describe('Version of that engine; 2 keeps versions.'),
      })
      .default({ mount: 'secret', version: 2 })
      .describe('The key/value engine of calls that name no other.'),
    allowOrigins: z
      .array(z.url())
      .optional()
      .describe('Further nodes that may get the token: a standby that does not forward redirects to the active node.'),
  }),
)

/** What `vault({…})` takes beside the uniform parts. */
export type VaultConfig = InputOf<typeof config>
export type ParsedConfig = OutputOf<typeof config>
