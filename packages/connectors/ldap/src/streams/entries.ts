import { reads, schema, stream } from '@casare/core'
import { z } from 'zod'
import type { LdapClient } from '../ldap-client.ts'
import { dnKey, dnText } from '../values/dn.ts'
import { dnInput } from '../values/dn-schema.ts'
import { attributeListSchema, entrySchema } from '../values/entry-schema.ts'
import { filterSchema } from '../values/filter-schema.ts'
import { toFilter } from '../values/to-filter.ts'
import { readPages } from '../wire/read-pages.ts'

const defaultPageSize = 500

/** Entries of the directory. */
export const entries = stream({
  description: 'Entries of the directory, page by page.',
  read: reads({
    description:
      'Reads all entries that a filter finds, page by page, in the order of the server. Going on from a cursor reads from the beginning and leaves out what came before.',
    input: schema(() =>
      z.strictObject({
        base: dnInput('Where to look: a DN. Default: the base of the connection.').optional(),
        scope: z.enum(['base', 'one', 'sub']).default('sub').describe('The base alone, its children, or all below it.'),
        filter: filterSchema().default({ present: 'objectClass' }),
        attributes: attributeListSchema(),
      }),
    ),
    record: schema(() => entrySchema()),
    cursor: schema(() =>
      z.strictObject({
        after: z
          .string()
          .nullable()
          .describe(
            'DN of the last entry that was read; null before the first. Cookies of pages end with their connection.',
          ),
      }),
    ),
    errors: ['not_found'],
    identify: ({ dn }) => ({ id: dnKey(dn) }),
    async *pages(client: LdapClient, input, { cursor, maxRecords = defaultPageSize, signal }) {
      const search = {
        base: input.base === undefined ? client.base : dnText(input.base),
        scope: input.scope,
        filter: toFilter(client.library, input.filter),
        attributes: input.attributes,
      }
      let after = cursor?.after ?? null
      let found = after === null
      const from = after === null ? undefined : dnKey(after)
      // Where the last entry is gone, nobody can tell what came after it: all is read again, and nothing is lost.
      for (const pass of [1, 2]) {
        for await (const page of readPages(client, search, maxRecords, signal)) {
          let { records } = page
          if (!found && pass === 1) {
            const at = records.findIndex(({ dn }) => dnKey(dn) === from)
            if (at < 0) continue
            found = true
            records = records.slice(at + 1)
          }
          // An empty page that is not the last one brings nobody further.
          if (records.length === 0 && !page.last) continue
          after = records.at(-1)?.dn ?? after
          yield { records, cursor: { after }, last: page.last }
          if (page.last) return
        }
        if (found) return
      }
    },
  }),
})
