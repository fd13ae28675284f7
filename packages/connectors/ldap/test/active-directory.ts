import { createServer } from 'ldapjs'
import type { AddressInfo } from 'node:net'

export const base = 'dc=ad,dc=example'
export const memberCount = 4_321
const rangeSize = 1_500

/** What slapd cannot do, on another implementation of LDAP: ranges, the rule in chain, referrals, and bad manners. */
export interface OddServer {
  readonly url: string
  /** Filters that it was asked for, as it reads them. */
  readonly filters: string[]
  /** Attributes that it was asked for. */
  readonly attributes: string[][]
  close(): Promise<void>
}

export async function startOddServer(): Promise<OddServer> {
  const server = createServer()
  server.on('error', () => undefined)
  const filters: string[] = []
  const attributes: string[][] = []
  server.bind('', (_request: unknown, response: { end(): void }, next: () => void) => {
    response.end()
    next()
  })
  server.search('', (request: Asking, response: Answering, next: () => void) => {
    filters.push(String(request.filter))
    attributes.push([...request.attributes])
    answer(request, response)
    next()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = (server as unknown as { server: { address(): AddressInfo } }).server.address()
  return {
    url: `ldap://127.0.0.1:${port}`,
    filters,
    attributes,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  }
}

interface Asking {
  readonly dn: unknown
  readonly filter: unknown
  readonly attributes: readonly string[]
}

interface Answering {
  connection: { destroy(): void; write(bytes: Buffer): void }
  /** What may be answered; else it leaves out attributes whose names it was not asked for. */
  attributes: readonly string[]
  send(entry: object): void
  end(status?: number): void
}

function answer(request: Asking, response: Answering): void {
  response.attributes = ['*']
  const name = String(request.dn).toLowerCase().replaceAll(' ', '')
  const send = (dn: string, attributes: Record<string, string | string[]>): void => response.send({ dn, attributes })
  if (name === '') {
    send('', { supportedCapabilities: ['1.2.840.113556.1.4.800'] })
    return response.end()
  }
  if (name.startsWith('cn=large')) {
    send(`cn=large,${base}`, rangeOf(request.attributes))
    return response.end()
  }
  if (name.startsWith('cn=stuck')) {
    // A server that comes no further: it would be asked for the same part for ever.
    const from = /range=(\d+)-/i.exec(request.attributes.join())?.[1] ?? '0'
    send(`cn=stuck,${base}`, { [`member;range=${from}-9`]: ['a'] })
    return response.end()
  }
  if (name.startsWith('cn=hang')) return
  if (name.startsWith('cn=cut')) {
    send(`cn=cut,${base}`, { cn: 'cut' })
    return response.connection.destroy()
  }
  if (name.startsWith('cn=huge')) {
    for (let number = 0; number < 400; number += 1) send(`cn=h${number},${base}`, { description: 'x'.repeat(1_000) })
    return response.end()
  }
  if (name.startsWith('cn=garbage')) return response.connection.write(Buffer.from('not LDAP at all'))
  if (name.startsWith('cn=referral')) return response.end(10)
  send(`cn=group,${base}`, {})
  response.end()
}

function rangeOf(asked: readonly string[]): Record<string, string[]> {
  const from = Number(/range=(\d+)-/i.exec(asked.join())?.[1] ?? 0)
  const to = Math.min(from + rangeSize, memberCount)
  const values = Array.from({ length: to - from }, (_one, index) => `cn=m${from + index},${base}`)
  return { cn: ['large'], [`member;range=${from}-${to === memberCount ? '*' : to - 1}`]: values }
}
