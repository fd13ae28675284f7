import { randomUUID } from 'node:crypto'
import type { Target } from '@casare/testing'
import { Attribute, Client } from 'ldapts'
import type { Peer } from '../../../../tools/peers/src/index.ts'

export const suffix = 'dc=example,dc=org'
export const adminDn = `cn=admin,${suffix}`

/** A folder of the directory that the test owns, with a bare client of the library beside it. */
export interface LdapTarget extends Target {
  readonly bare: Client
  readonly base: string
  readonly password: string
}

export function passwordOf(peer: Peer): string {
  return decodeURIComponent(new URL(peer.url).password)
}

/** Adds an entry with the bare client. */
export function put(bare: Client, dn: string, attributes: Record<string, string | string[]>): Promise<void> {
  return bare.add(
    dn,
    Object.entries(attributes).map(([type, values]) => new Attribute({ type, values: [values].flat() })),
  )
}

export const person = (uid: string, password = `password of ${uid}`) => ({
  objectClass: 'inetOrgPerson',
  uid,
  cn: `Person ${uid}`,
  sn: uid,
  userPassword: password,
})

/** An own folder with eight people (uid=p1 … p8) and a group. */
export async function startTarget(peer: Peer, count = 8): Promise<LdapTarget> {
  const url = new URL(peer.url)
  const password = passwordOf(peer)
  const host = url.hostname
  const port = Number(url.port)
  const secure = url.protocol === 'ldaps:'
  const address = `${secure ? 'ldaps' : 'ldap'}://${host}:${port}`
  const bare = new Client({
    url: address,
    autoRebind: true,
    ...(secure && peer.ca !== undefined ? { tlsOptions: { ca: peer.ca } } : {}),
  })
  await bare.bind(adminDn, password)
  const base = `ou=${randomUUID()},${suffix}`
  await put(bare, base, { objectClass: 'organizationalUnit' })
  for (let number = 1; number <= count; number += 1) await put(bare, `uid=p${number},${base}`, person(`p${number}`))
  await put(bare, `cn=staff,${base}`, { objectClass: 'groupOfNames', member: `uid=p1,${base}` })
  return {
    bare,
    base,
    password,
    address: { host, port },
    config: {
      url: address,
      base,
      bind: { kind: 'simple', dn: adminDn, password },
      timeouts: { connectMs: 2_000 },
      ...(secure ? { tls: { ca: peer.ca } } : {}),
    },
    async close() {
      await removeBelow(bare, base)
      await bare.unbind()
    },
  }
}

/** Deletes an entry and all below it, the deepest first. */
export async function removeBelow(bare: Client, base: string): Promise<void> {
  const { searchEntries } = await bare.search(base, { attributes: ['1.1'], paged: { pageSize: 500 } })
  const dns = searchEntries.map(({ dn }) => dn).sort((a, b) => b.split(',').length - a.split(',').length)
  for (const dn of dns) await bare.del(dn)
}
