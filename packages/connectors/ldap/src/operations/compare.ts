import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { LdapClient } from '../ldap-client.ts'
import { dnText } from '../values/dn.ts'
import { attributeSchema, dnInput } from '../values/dn-schema.ts'

/** Asks whether an attribute has a value, also where it may not be read. */
export const compare = operation({
  description: 'Asks whether an attribute has a value, also where it may not be read.',
  effect: 'read',
  input: schema(() => z.strictObject({ dn: dnInput(), attribute: attributeSchema(), value: z.string().max(65_536) })),
  output: schema(() => z.object({ matches: z.boolean() })),
  errors: ['not_found', 'invalid_input'],
  async run(client: LdapClient, { dn, attribute, value }, { signal }) {
    const name = dnText(dn)
    return { matches: await client.request(signal, (vendor) => vendor.compare(name, attribute, value)) }
  },
})
