import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { LdapClient } from '../ldap-client.ts'
import { dnText, namePartText, parentOf } from '../values/dn.ts'
import { dnInput, namePartSchema } from '../values/dn-schema.ts'

/** Gives an entry another name, and another place where that is wanted. */
export const rename = operation({
  description: 'Gives an entry another name, and another place where that is wanted.',
  effect: 'unsafe',
  input: schema(() =>
    z.strictObject({
      dn: dnInput(),
      name: namePartSchema().describe('The new name: { cn: "x" }. The old one is no longer a value of the entry.'),
      parent: dnInput('The entry below which it goes. Default: it stays where it is.').optional(),
    }),
  ),
  output: schema(() => z.object({ dn: z.string() })),
  errors: ['not_found', 'already_exists', 'permission_denied'],
  async run(client: LdapClient, { dn, name, parent }, { signal }) {
    const from = dnText(dn)
    const step = namePartText(name)
    // The library takes what follows the first comma for the parent; a step of ours has none, for it is escaped by number.
    const to = parent === undefined ? step : `${step},${dnText(parent)}`
    await client.request(signal, (vendor) => vendor.modifyDN(from, to))
    return { dn: parent === undefined ? [step, ...parentOf(from)].join(',') : to }
  },
})
