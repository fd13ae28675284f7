import type { LdapClient } from '../ldap-client.ts'
import { resultCode } from '../errors.ts'
import type { LdapEntry } from '../values/entry.ts'
import { search } from './search.ts'
import { wholeValues } from './whole-values.ts'

/** The entry of this DN; `undefined` where there is none, or none that may be seen. */
export function readOne(
  client: LdapClient,
  dn: string,
  attributes: readonly string[],
  signal: AbortSignal,
): Promise<LdapEntry | undefined> {
  const { library } = client
  const filter = new library.PresenceFilter({ attribute: 'objectClass' })
  return client.use(signal, async (connection) => {
    const found = await connection.run(signal, async (vendor) => {
      try {
        return await search(library, vendor, { base: dn, scope: 'base', filter, attributes })
      } catch (error) {
        if (resultCode(error) === 32) return undefined
        throw error
      }
    })
    const [entry] = found?.entries ?? []
    return entry === undefined ? undefined : wholeValues(client, connection, entry, signal)
  })
}
