import { ConnectorError, operation, schema } from '@casare/core'
import { z } from 'zod'
import type { LdapClient } from '../ldap-client.ts'
import { dnText } from '../values/dn.ts'
import { dnInput } from '../values/dn-schema.ts'
import { attributeListSchema, entrySchema } from '../values/entry-schema.ts'
import { readOne } from '../wire/read-one.ts'

/** Reads one entry. */
export const entry = operation({
  description: 'Reads one entry.',
  effect: 'read',
  input: schema(() => z.strictObject({ dn: dnInput(), attributes: attributeListSchema() })),
  output: schema(() => entrySchema()),
  errors: ['not_found'],
  async run(client: LdapClient, { dn, attributes }, { signal }) {
    const found = await readOne(client, dnText(dn), attributes, signal)
    if (found === undefined) throw new ConnectorError({ code: 'not_found', message: 'LDAP: there is no such entry.' })
    return found
  },
})
