import { schema, type InputOf, type OutputOf } from '@casare/core'
import { z } from 'zod'

/** Settings of a Ldap connection. */
export const config = schema(() =>
  z.strictObject({
    folder: z.string().min(1).describe('Path of the folder that holds the notes; it must exist.'),
  }),
)

/** Settings of a Ldap connection, as they are given. */
export type LdapConfig = InputOf<typeof config>
export type ParsedConfig = OutputOf<typeof config>
