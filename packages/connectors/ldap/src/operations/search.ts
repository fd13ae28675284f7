import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { LdapClient } from '../ldap-client.ts'
import { dnText } from '../values/dn.ts'
import { dnInput } from '../values/dn-schema.ts'
import { attributeListSchema, entrySchema } from '../values/entry-schema.ts'
import { filterSchema } from '../values/filter-schema.ts'
import { toFilter } from '../values/to-filter.ts'
import { search as send } from '../wire/search.ts'
import { wholeValues } from '../wire/whole-values.ts'

/** Finds entries, up to a limit; all of them: `entries.read`. */
export const search = operation({
  description: 'Finds entries, up to a limit.',
  effect: 'read',
  input: schema(() =>
    z.strictObject({
      base: dnInput('Where to look: a DN. Default: the base of the connection.').optional(),
      scope: z.enum(['base', 'one', 'sub']).default('sub').describe('The base alone, its children, or all below it.'),
      filter: filterSchema().default({ present: 'objectClass' }),
      attributes: attributeListSchema(),
      limit: z.number().int().min(1).max(10_000).default(1_000).describe('The most entries. Default: 1,000.'),
    }),
  ),
  output: schema(() =>
    z.object({
      entries: z.array(entrySchema()),
      truncated: z.boolean().describe('There are more, beyond the limit or that of the server.'),
      referrals: z.array(z.string()).describe('URLs where the server says to look further. They are not followed.'),
    }),
  ),
  errors: ['not_found', 'invalid_input'],
  async run(client: LdapClient, input, { signal, remainingMs }) {
    const { library } = client
    const base = input.base === undefined ? client.base : dnText(input.base)
    const filter = toFilter(library, input.filter)
    const { scope, attributes, limit } = input
    return client.use(signal, async (connection) => {
      const one = { base, scope, filter, attributes, sizeLimit: limit, timeMs: remainingMs }
      const found = await connection.run(signal, (vendor) => send(library, vendor, one))
      const entries = []
      for (const entry of found.entries.slice(0, limit))
        entries.push(await wholeValues(client, connection, entry, signal))
      return {
        entries,
        truncated: found.truncated || found.entries.length > limit,
        referrals: [...found.referrals],
      }
    })
  },
})
