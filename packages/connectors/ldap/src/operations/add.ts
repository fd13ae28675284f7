import { operation, schema } from '@casare/core'
import { secret } from '@casare/core/zod'
import { z } from 'zod'
import type { LdapClient } from '../ldap-client.ts'
import { dnText } from '../values/dn.ts'
import { dnInput } from '../values/dn-schema.ts'
import { attributesSchema } from '../values/entry-schema.ts'
import { passwordText } from '../values/password-text.ts'
import { writtenAttribute } from '../values/written.ts'
import { readOne } from '../wire/read-one.ts'

/** Adds an entry. */
export const add = operation({
  description: 'Adds an entry.',
  effect: 'unsafe',
  input: schema(() =>
    z.strictObject({
      dn: dnInput(),
      attributes: attributesSchema().describe('Its attributes, objectClass among them.'),
      password: secret('Its password, stored as userPassword; the server hashes it where it is set up to.').optional(),
    }),
  ),
  output: schema(() => z.object({ dn: z.string() })),
  errors: ['already_exists', 'not_found', 'permission_denied', 'conflict', 'invalid_input'],
  async run(client: LdapClient, { dn, attributes, password }, { signal, redactor }) {
    const { library } = client
    const name = dnText(dn)
    const written = Object.entries(attributes).map(([type, values]) => writtenAttribute(library, type, values))
    if (password !== undefined)
      written.push(new library.Attribute({ type: 'userPassword', values: [passwordText(password, redactor)] }))
    await client.request(signal, (vendor) => vendor.add(name, written))
    return { dn: name }
  },
  // One that is there may be another's.
  async reconcile(client, { dn }, { signal }) {
    const found = await readOne(client, dnText(dn), ['1.1'], signal)
    return found === undefined ? 'not_applied' : 'unknown'
  },
})
