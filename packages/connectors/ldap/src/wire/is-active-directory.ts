import type { LdapClient } from '../ldap-client.ts'
import { search } from './search.ts'

/** LDAP_CAP_ACTIVE_DIRECTORY_OID and that of AD LDS (MS-ADTS, 3.1.1.3.4.3). */
const capabilities = ['1.2.840.113556.1.4.800', '1.2.840.113556.1.4.1851']

/** Is the server Active Directory? Asked once. */
export async function isActiveDirectory(client: LdapClient, signal: AbortSignal): Promise<boolean> {
  if (client.activeDirectory !== undefined) return client.activeDirectory
  const { library } = client
  const filter = new library.PresenceFilter({ attribute: 'objectClass' })
  const one = { base: '', scope: 'base', filter, attributes: ['supportedCapabilities'] } as const
  const { entries } = await client.request(signal, (vendor) => search(library, vendor, one))
  const values = Object.entries(entries[0]?.attributes ?? {}).find(([name]) =>
    /^supportedCapabilities$/i.test(name),
  )?.[1]
  const found = capabilities.some((capability) => values?.includes(capability) === true)
  client.activeDirectory = found
  return found
}
