import type { LdapClient } from '../ldap-client.ts'
import type { LdapEntry } from '../values/entry.ts'
import { search, type Search } from './search.ts'
import { wholeValues } from './whole-values.ts'

export interface EntryPage {
  readonly records: readonly LdapEntry[]
  readonly last: boolean
}

/**
 * All that a search finds, one page in memory at a time. Its connection is its own until it ends: the cookie of a page is
 * worth nothing on another one (RFC 2696, 3).
 */
export async function* readPages(
  client: LdapClient,
  one: Search,
  size: number,
  signal: AbortSignal,
): AsyncGenerator<EntryPage> {
  const { library } = client
  const connection = await client.borrow(signal)
  let cookie: Buffer | undefined
  try {
    do {
      const page = { size: Math.min(size, 2_147_483_647), cookie }
      const found = await connection.run(signal, (vendor) => search(library, vendor, { ...one, page }))
      const records = []
      for (const entry of found.entries) records.push(await wholeValues(client, connection, entry, signal))
      ;({ cookie } = found)
      yield { records, last: cookie === undefined }
    } while (cookie !== undefined)
  } finally {
    client.giveBack(connection)
  }
}
