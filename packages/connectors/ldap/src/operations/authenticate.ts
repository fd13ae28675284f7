import { ConnectorError, factsOf, operation, schema } from '@casare/core'
import { secret } from '@casare/core/zod'
import { z } from 'zod'
import type { LdapClient } from '../ldap-client.ts'
import { dnText } from '../values/dn.ts'
import { attributeSchema, dnInput } from '../values/dn-schema.ts'
import { attributeListSchema, entrySchema } from '../values/entry-schema.ts'
import { filterSchema } from '../values/filter-schema.ts'
import { passwordText } from '../values/password-text.ts'
import { toFilter } from '../values/to-filter.ts'
import { search } from '../wire/search.ts'

/** Result codes that say no to whoever tries to log in (RFC 4511, appendix A.2). */
const refusals = new Set(['19', '32', '34', '48', '49', '50', '53'])

/** Checks a user's password: finds the one entry of this name, then binds as it, on a connection of its own. */
export const authenticate = operation({
  description: "Checks a user's password: finds the one entry of this name, then binds as it.",
  effect: 'read',
  input: schema(() =>
    z.strictObject({
      username: z.string().min(1).max(1_024).describe('As the user gives it; any text is safe.'),
      password: secret('As the user gives it; an empty one is refused before anything is sent (RFC 4513, 5.1.2).'),
      usernameAttributes: z
        .array(attributeSchema())
        .min(1)
        .max(10)
        .default(['uid'])
        .describe('Attributes that may hold the name. Default: uid; for Active Directory sAMAccountName.'),
      filter: filterSchema().optional().describe('A condition that the entry has to meet besides.'),
      base: dnInput('Where to look. Default: the base of the connection.').optional(),
      attributes: attributeListSchema(),
    }),
  ),
  output: schema(() => entrySchema()),
  errors: ['unauthenticated'],
  async run(client: LdapClient, input, { signal, redactor }) {
    const password = passwordText(input.password, redactor)
    if (password === '') throw refused()
    const { library } = client
    const { username, usernameAttributes, attributes } = input
    const names = usernameAttributes.map((attribute) => ({ equals: [attribute, username] as const }))
    const filter = toFilter(library, { and: [{ or: names }, ...(input.filter === undefined ? [] : [input.filter])] })
    const base = input.base === undefined ? client.base : dnText(input.base)
    // Two are enough to know that it is not one.
    const one = { base, scope: 'sub', filter, attributes, sizeLimit: 2 } as const
    const { entries } = await client.request(signal, (vendor) => search(library, vendor, one))
    const [entry] = entries
    if (entry === undefined || entries.length > 1 || entry.dn === '') throw refused()
    try {
      await client.tryBind(entry.dn, password, signal)
    } catch (error) {
      throw ConnectorError.is(error) && refusals.has(error.vendorCode ?? '') ? refused(error) : error
    }
    return entry
  },
})

/** One answer for all reasons: it tells nobody which names there are. */
function refused(cause?: ConnectorError): ConnectorError {
  return new ConnectorError({
    code: 'unauthenticated',
    applied: 'no',
    vendorCode: 'LOGIN',
    message: 'LDAP: the user name or the password is wrong.',
    ...(cause && { cause: factsOf(cause).cause }),
  })
}
