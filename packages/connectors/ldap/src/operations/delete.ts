import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { LdapClient } from '../ldap-client.ts'
import { dnText } from '../values/dn.ts'
import { dnInput } from '../values/dn-schema.ts'

/** Deletes an entry that has none below it. */
const deleteEntry = operation({
  description: 'Deletes an entry that has none below it.',
  effect: 'idempotent',
  input: schema(() => z.strictObject({ dn: dnInput() })),
  output: schema(() => z.object({ dn: z.string() })),
  errors: ['not_found', 'conflict', 'permission_denied'],
  async run(client: LdapClient, { dn }, { signal }) {
    const name = dnText(dn)
    await client.request(signal, (vendor) => vendor.del(name))
    return { dn: name }
  },
})

export { deleteEntry as delete }
