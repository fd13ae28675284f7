import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { LdapClient } from '../ldap-client.ts'
import { dnText } from '../values/dn.ts'
import { attributeSchema, dnInput } from '../values/dn-schema.ts'
import { valuesSchema } from '../values/entry-schema.ts'
import { writtenAttribute } from '../values/written.ts'

/** Changes attributes of an entry: all of the changes, or none. */
export const modify = operation({
  description: 'Changes attributes of an entry: all of the changes, or none.',
  effect: ({ changes }) => (changes.every(({ kind }) => kind === 'replace') ? 'idempotent' : 'unsafe'),
  input: schema(() =>
    z.strictObject({
      dn: dnInput(),
      changes: z
        .array(
          z.strictObject({
            kind: z
              .enum(['add', 'delete', 'replace'])
              .describe('Adds values; deletes them, or without any the attribute; or puts these in the place of all.'),
            attribute: attributeSchema(),
            values: valuesSchema().default([]),
          }),
        )
        .min(1)
        .max(1_000),
    }),
  ),
  output: schema(() => z.object({ dn: z.string() })),
  errors: ['not_found', 'already_exists', 'permission_denied', 'conflict', 'invalid_input'],
  async run(client: LdapClient, { dn, changes }, { signal }) {
    const { library } = client
    const name = dnText(dn)
    const written = changes.map(
      ({ kind, attribute, values }) =>
        new library.Change({ operation: kind, modification: writtenAttribute(library, attribute, values) }),
    )
    await client.request(signal, (vendor) => vendor.modify(name, written))
    return { dn: name }
  },
})
