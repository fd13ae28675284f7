import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createServer, type AddressInfo } from 'node:net'
import { ldap } from '../src/index.ts'
import { base, memberCount, startOddServer, type OddServer } from './active-directory.ts'

describe('what OpenLDAP does not do, on a server of ldapjs', () => {
  let server: OddServer
  let directory: ReturnType<typeof connect>
  const connect = (settings: object = {}) =>
    ldap({
      url: server.url,
      base,
      bind: { kind: 'simple', dn: `cn=reader,${base}`, password: 'a password' },
      resilience: false,
      timeouts: { connectMs: 1_000, readMs: 1_000 },
      ...settings,
    })

  beforeAll(async () => {
    server = await startOddServer()
    directory = connect()
  })
  afterAll(async () => {
    await directory.close()
    await server.close()
  })

  test('values in ranges are put together, each once and in order', async () => {
    const { attributes } = await directory.entry({ dn: `cn=large,${base}`, attributes: ['cn', 'member'] })
    expect(Object.keys(attributes).sort()).toEqual(['cn', 'member'])
    expect(attributes['member']).toEqual(Array.from({ length: memberCount }, (_one, index) => `cn=m${index},${base}`))
    const found = await directory.search({ base: `cn=large,${base}` })
    expect(found.entries[0]?.attributes['member']).toHaveLength(memberCount)
    const read = []
    for await (const one of directory.entries.read({ base: `cn=large,${base}` })) read.push(one)
    expect(read[0]?.attributes['member']).toHaveLength(memberCount)
  })

  test('ranges larger than an answer may be: refused', async () => {
    const small = connect({ maxAnswerBytes: 100_000 })
    await expect(small.entry({ dn: `cn=large,${base}` })).rejects.toMatchObject({ code: 'invalid_input' })
    await small.close()
  })

  test('a server that comes no further with its ranges ends', async () => {
    expect((await directory.entry({ dn: `cn=stuck,${base}` })).attributes).toEqual({ member: ['a', 'a'] })
  })

  test('nested groups of Active Directory: one search, by its rule', async () => {
    const before = server.filters.length
    const { groups } = await directory.groupsOf({ dn: [{ cn: 'Jane' }, { dc: 'ad' }] })
    expect(groups).toEqual([`cn=group,${base}`])
    expect(server.filters.slice(before).filter((one) => one.includes('member'))).toEqual([
      '(member:1.2.840.113556.1.4.1941:=cn=Jane,dc=ad)',
    ])
  })

  test('a call that is only referred: unsupported, and nobody else is asked', async () => {
    await expect(directory.search({ base: `cn=referral,${base}` })).rejects.toMatchObject({
      code: 'unsupported',
      vendorCode: '10',
    })
  })

  test('no answer: timeout; cut in mid answer: unavailable; no LDAP: internal; then all is well', async () => {
    await expect(directory.search({ base: `cn=hang,${base}` })).rejects.toMatchObject({ code: 'timeout' })
    await expect(directory.search({ base: `cn=cut,${base}` })).rejects.toMatchObject({ code: 'unavailable' })
    await expect(directory.search({ base: `cn=garbage,${base}` })).rejects.toMatchObject({ code: 'internal' })
    expect((await directory.search({})).entries).toHaveLength(1)
  })

  test('a call that is aborted while it hangs ends at once', async () => {
    const controller = new AbortController()
    const call = directory.search({ base: `cn=hang,${base}` }, { signal: controller.signal })
    setTimeout(() => controller.abort(), 20)
    await expect(call).rejects.toMatchObject({ code: 'cancelled' })
  })

  test('more than an answer may be: refused, although the server ignores our limits', async () => {
    const small = connect({ maxAnswerBytes: 200_000 })
    await expect(small.search({ base: `cn=huge,${base}` })).rejects.toMatchObject({ code: 'invalid_input' })
    const read = small.entries.read({ base: `cn=huge,${base}` }, { pageSize: 10 }).pages()
    await expect(read.next()).rejects.toMatchObject({ code: 'invalid_input' })
    await small.close()
    expect(await directory.search({ base: `cn=huge,${base}`, limit: 5 })).toMatchObject({ truncated: true })
  })
})

/** A message of LDAP: its parts as hexadecimal text, each with its tag. */
const part = (tag: string, inner: string): string => `${tag}${(inner.length / 2).toString(16).padStart(2, '0')}${inner}`
const text = (value: string): string => part('04', Buffer.from(value).toString('hex'))
const done = '0a010004000400'

/** A server that binds anybody and answers each search with these messages, by their number and body. */
async function startScripted(answers: (search: number) => readonly string[]) {
  let searches = 0
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (bytes: Buffer) => {
      // Every message here has a one-byte id and is shorter than 128 bytes.
      const id = bytes.subarray(2, 5).toString('hex')
      const say = (body: string): boolean => socket.write(Buffer.from(part('30', id + body), 'hex'))
      if (bytes[5] === 0x60) say(part('61', done))
      if (bytes[5] === 0x63) for (const body of answers((searches += 1))) say(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `ldap://127.0.0.1:${(server.address() as AddressInfo).port}`,
    searches: () => searches,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

describe('answers that are written out', () => {
  const entryOf = (dn: string): string => part('64', text(dn) + part('30', ''))
  const paged = (cookie: string): string =>
    part('65', done) +
    part('a0', part('30', text('1.2.840.113556.1.4.319') + part('04', part('30', `020100${text(cookie)}`))))

  test('an empty page in the middle does not end the read; a referral within is listed', async () => {
    const server = await startScripted((search) =>
      search === 1 ? [entryOf('cn=a'), paged('1')] : search === 2 ? [paged('2')] : [entryOf('cn=b'), paged('')],
    )
    const directory = ldap({ url: server.url, base: 'dc=x', bind: { kind: 'anonymous' }, resilience: false })
    const dns = []
    for await (const { dn } of directory.entries.read({})) dns.push(dn)
    expect(dns).toEqual(['cn=a', 'cn=b'])
    expect(server.searches()).toBe(3)
    await directory.close()
    await server.close()
  })

  test('continuation references are listed, not followed', async () => {
    const server = await startScripted(() => [
      entryOf('cn=a'),
      part('73', text('ldap://169.254.169.254/dc=x')),
      part('65', done),
    ])
    const directory = ldap({ url: server.url, base: 'dc=x', bind: { kind: 'anonymous' }, resilience: false })
    const found = await directory.search({})
    expect(found.referrals).toEqual(['ldap://169.254.169.254/dc=x'])
    expect(found.entries).toEqual([{ dn: 'cn=a', attributes: {} }])
    expect(server.searches()).toBe(1)
    await directory.close()
    await server.close()
  })

  test('an attribute called dn or __proto__ is an attribute at most', async () => {
    const attribute = (name: string): string => part('30', text(name) + part('31', text('x')))
    const server = await startScripted(() => [
      part('64', text('cn=a') + part('30', attribute('dn') + attribute('__proto__') + attribute('userPassword'))),
      part('65', done),
    ])
    const directory = ldap({ url: server.url, base: 'dc=x', bind: { kind: 'anonymous' }, resilience: false })
    const { entries } = await directory.search({})
    expect(entries).toEqual([{ dn: 'cn=a', attributes: { dn: ['x'] } }])
    await directory.close()
    await server.close()
  })
})
