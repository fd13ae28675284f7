import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { LdapClient } from '../ldap-client.ts'
import { dnKey, dnText } from '../values/dn.ts'
import { attributeSchema, dnInput } from '../values/dn-schema.ts'
import type { FilterInput } from '../values/filter.ts'
import { toFilter } from '../values/to-filter.ts'
import { isActiveDirectory } from '../wire/is-active-directory.ts'
import { search } from '../wire/search.ts'

/** LDAP_MATCHING_RULE_IN_CHAIN of Active Directory (MS-ADTS, 3.1.1.3.4.4.3). */
const inChain = '1.2.840.113556.1.4.1941'
const pageSize = 500

/** The groups that an entry is in, also by way of other groups. */
export const groupsOf = operation({
  description: 'The groups that an entry is in, also by way of other groups.',
  effect: 'read',
  input: schema(() =>
    z.strictObject({
      dn: dnInput('Whose groups.'),
      nested: z.boolean().default(true).describe('Also groups that the groups are in. Default: true.'),
      base: dnInput('Where the groups are. Default: the base of the connection.').optional(),
      memberAttributes: z
        .array(attributeSchema())
        .min(1)
        .max(10)
        .default(['member', 'uniqueMember'])
        .describe('Attributes of groups that hold DNs of members. Active Directory: member alone.'),
      limit: z.number().int().min(1).max(100_000).default(10_000).describe('The most groups. Default: 10,000.'),
    }),
  ),
  output: schema(() =>
    z.object({
      groups: z.array(z.string()).describe('Their DNs.'),
      truncated: z.boolean().describe('There are more.'),
    }),
  ),
  async run(client: LdapClient, input, { signal }) {
    const base = input.base === undefined ? client.base : dnText(input.base)
    const start = dnText(input.dn)
    const { nested, limit, memberAttributes } = input
    const chain = nested && (await isActiveDirectory(client, signal))
    const groups = new Map<string, string>()
    // A group that is in itself, by whatever way, is asked about once.
    const asked = new Set([dnKey(start)])
    for (let waiting = [start]; waiting.length > 0 && groups.size <= limit;) {
      const member = waiting.pop() ?? start
      const filter: FilterInput = chain
        ? { matches: { attribute: 'member', rule: inChain, value: member } }
        : { or: memberAttributes.map((attribute) => ({ equals: [attribute, member] as const })) }
      for await (const dn of dnsOf(client, base, filter, signal)) {
        if (groups.size > limit) break
        const key = dnKey(dn)
        if (!groups.has(key)) groups.set(key, dn)
        if (!nested || chain || asked.has(key)) continue
        asked.add(key)
        waiting.push(dn)
      }
      if (!nested || chain) waiting = []
    }
    return { groups: [...groups.values()].slice(0, limit), truncated: groups.size > limit }
  },
})

async function* dnsOf(
  client: LdapClient,
  base: string,
  filter: FilterInput,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const { library } = client
  const one = { base, scope: 'sub', filter: toFilter(library, filter), attributes: ['1.1'] } as const
  const pages: string[] = []
  await client.use(signal, async (connection) => {
    let cookie: Buffer | undefined
    do {
      const page = { size: pageSize, cookie }
      const found = await connection.run(signal, (vendor) => search(library, vendor, { ...one, page }))
      for (const { dn } of found.entries) pages.push(dn)
      ;({ cookie } = found)
    } while (cookie !== undefined && pages.length <= 100_000)
  })
  yield* pages
}
