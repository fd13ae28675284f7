import { ConnectorError } from '@casare/core'
import type { LdapClient } from '../ldap-client.ts'
import type { LdapEntry } from '../values/entry.ts'
import { search } from './search.ts'
import type { LdapConnection } from './ldap-connection.ts'

const range = /^(.+);range=(\d+)-(\d+|\*)$/i

/**
 * The entry with all values of attributes that the server gives in parts, as Active Directory does with over 1,500 of them
 * (MS-ADTS, 3.1.1.3.1.3.3). The parts are read one after the other, and together may be as large as one answer.
 */
export async function wholeValues(
  client: LdapClient,
  connection: LdapConnection,
  entry: LdapEntry,
  signal: AbortSignal,
): Promise<LdapEntry> {
  const parts = Object.keys(entry.attributes).filter((name) => range.test(name))
  if (parts.length === 0) return entry
  const attributes = { ...entry.attributes }
  for (const part of parts) {
    const name = range.exec(part)?.[1] ?? part
    const values = [...(attributes[part] ?? [])]
    delete attributes[part]
    let bytes = sizeOf(values)
    for (let from = endOf(part); from !== undefined;) {
      const next = await nextPart(client, connection, { dn: entry.dn, name, from }, signal)
      // Without an answer the attribute has become shorter in the meantime.
      if (next === undefined || next.values.length === 0) break
      bytes += sizeOf(next.values)
      if (bytes > client.maxAnswerBytes)
        throw new ConnectorError({
          code: 'invalid_input',
          message: `LDAP: the values of ${name} are over ${client.maxAnswerBytes} bytes; see maxAnswerBytes.`,
        })
      for (const value of next.values) values.push(value)
      const end = endOf(next.attribute)
      // A server that does not come further would be asked for ever.
      from = end !== undefined && end > from ? end : undefined
    }
    attributes[name] = values
  }
  return { dn: entry.dn, attributes }
}

interface Part {
  readonly attribute: string
  readonly values: readonly (string | Uint8Array)[]
}

async function nextPart(
  { library }: LdapClient,
  connection: LdapConnection,
  { dn, name, from }: { readonly dn: string; readonly name: string; readonly from: number },
  signal: AbortSignal,
): Promise<Part | undefined> {
  const filter = new library.PresenceFilter({ attribute: 'objectClass' })
  const one = { base: dn, scope: 'base', filter, attributes: [`${name};range=${from}-*`] } as const
  const { entries } = await connection.run(signal, (vendor) => search(library, vendor, one))
  const found = Object.entries(entries[0]?.attributes ?? {})
  const [attribute, values] = found.find(([key]) => Number(range.exec(key)?.[2]) === from) ?? []
  return attribute === undefined || values === undefined ? undefined : { attribute, values }
}

/** Where the next part begins; `undefined` after the last one. */
function endOf(attribute: string): number | undefined {
  const last = range.exec(attribute)?.[3]
  return last === undefined || last === '*' ? undefined : Number(last) + 1
}

function sizeOf(values: readonly (string | Uint8Array)[]): number {
  return values.reduce((sum, value) => sum + value.length + 16, 0)
}
