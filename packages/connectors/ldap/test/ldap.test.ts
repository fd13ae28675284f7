import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ConnectorError } from '@casare/core'
import { faultProxy } from '@casare/testing'
import { Client } from 'ldapts'
import { setTimeout as sleep } from 'node:timers/promises'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { ldap, type FilterInput } from '../src/index.ts'
import { person, put, startTarget, type LdapTarget } from './support.ts'

await describeWithPeer('slapd', {}, (peer) => {
  let target: LdapTarget
  const open: { close(): Promise<void> }[] = []
  const connect = (settings: object = {}): ReturnType<typeof ldap> => {
    const directory = ldap({ resilience: false, ...target.config, ...settings } as never)
    open.push(directory)
    return directory
  }
  const reader = () => ({ kind: 'simple', dn: `uid=p2,${target.base}`, password: 'password of p2' })

  beforeEach(async () => {
    target = await startTarget(peer())
  })
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close()
    await target.close?.()
  })

  describe('rights stay those of the bind', () => {
    test('after the server has closed an idle connection, the next search is bound again', async () => {
      const directory = connect({ bind: reader(), pool: { max: 1 } })
      const filter = { equals: ['uid', 'p1'] } as const
      expect((await directory.search({ filter: { equals: [...filter.equals] } })).entries).toHaveLength(1)
      // The library by itself: after an idle close it searches as nobody, and finds nothing.
      const naive = new Client({ url: String(target.config['url']) })
      await naive.bind(`uid=p2,${target.base}`, 'password of p2')
      for (const end = Date.now() + 20_000; naive.isConnected && Date.now() < end;) await sleep(50)
      expect(naive.isConnected).toBe(false)
      await expect(naive.search(target.base, { filter: '(uid=p1)' })).rejects.toThrow(/Code: 0x20/)
      await naive.unbind()
      for (let round = 0; round < 3; round += 1) {
        expect((await directory.search({ filter: { equals: ['uid', 'p1'] } })).entries).toHaveLength(1)
        expect((await directory.whoAmI({})).authorizationId).toBe(`dn:uid=p2,${target.base}`)
      }
    }, 40_000)

    test('cut again and again, no search runs as anybody else', async () => {
      const { host = '', port = 0 } = target.address ?? {}
      const proxy = await faultProxy({ host, port })
      const directory = connect({ bind: reader(), url: `ldap://127.0.0.1:${proxy.port}` })
      const seen = new Set<string>()
      for (let round = 0; round < 30; round += 1) {
        if (round % 3 === 0) proxy.resetConnections()
        const said = await directory.whoAmI({}).then(
          ({ authorizationId }) => authorizationId,
          () => undefined,
        )
        if (said !== undefined) seen.add(said)
      }
      expect([...seen]).toEqual([`dn:uid=p2,${target.base}`])
      await proxy.close()
    })

    test('an empty bind password is refused, also where it is read late', async () => {
      expect(() => connect({ bind: { ...reader(), password: '' } })).toThrow(/secret/)
    })

    test('anonymous sees what strangers see', async () => {
      const directory = connect({ bind: { kind: 'anonymous' } })
      expect((await directory.whoAmI({})).authorizationId).toBe('')
      await expect(directory.search({})).rejects.toMatchObject({ code: 'not_found' })
    })
  })

  describe('logins', () => {
    test('the right password: the entry, without its password', async () => {
      const found = await connect().authenticate({ username: 'p1', password: 'password of p1' })
      expect(found).toMatchObject({ dn: `uid=p1,${target.base}`, attributes: { sn: ['p1'] } })
      expect(found.attributes).not.toHaveProperty('userPassword')
    })

    test('a wrong password, nobody and several: one and the same refusal', async () => {
      await put(target.bare, `cn=twin,${target.base}`, { ...person('p1'), cn: 'twin' })
      const directory = connect()
      const refusals = []
      for (const login of [
        { username: 'p2', password: 'wrong' },
        { username: 'nobody', password: 'wrong' },
        { username: 'p1', password: 'password of p1' },
        { username: 'p3', password: 'password of p3', filter: { equals: ['sn', 'else'] as [string, string] } },
      ]) {
        const error = await directory.authenticate(login).catch((thrown: unknown) => thrown as ConnectorError)
        refusals.push(JSON.stringify(error))
      }
      expect(new Set(refusals).size).toBe(1)
      expect(refusals[0]).toMatch(/"code":"unauthenticated"/)
    })

    test('an empty password is refused before anything is sent', async () => {
      const { host = '', port = 0 } = target.address ?? {}
      const proxy = await faultProxy({ host, port })
      const directory = connect({ url: `ldap://127.0.0.1:${proxy.port}` })
      await expect(directory.authenticate({ username: 'p1', password: '' })).rejects.toMatchObject({
        code: 'invalid_input',
      })
      expect(proxy.stats.connections).toBe(0)
      await proxy.close()
    })

    test('a failed login does not change who is bound', async () => {
      const directory = connect({ pool: { max: 1 } })
      await expect(directory.authenticate({ username: 'p1', password: 'wrong' })).rejects.toThrow()
      await directory.authenticate({ username: 'p1', password: 'password of p1' })
      expect((await directory.whoAmI({})).authorizationId).toBe('dn:cn=admin,dc=example,dc=org')
    })

    test('a new password counts, the old one does not', async () => {
      const directory = connect()
      await directory.changePassword({ dn: `uid=p4,${target.base}`, newPassword: 'grüße, 日本' })
      await directory.authenticate({ username: 'p4', password: 'grüße, 日本' })
      await expect(directory.authenticate({ username: 'p4', password: 'password of p4' })).rejects.toMatchObject({
        code: 'unauthenticated',
      })
    })
  })

  describe('groups', () => {
    test('nested, with a circle: each once', async () => {
      const group = (cn: string, member: string): Promise<void> =>
        put(target.bare, `cn=${cn},${target.base}`, { objectClass: 'groupOfNames', member: `${member},${target.base}` })
      await group('inner', 'cn=staff')
      await group('outer', 'cn=inner')
      await connect().modify({
        dn: `cn=inner,${target.base}`,
        changes: [{ kind: 'add', attribute: 'member', values: [`cn=outer,${target.base}`] }],
      })
      const directory = connect()
      const { groups, truncated } = await directory.groupsOf({ dn: `uid=p1,${target.base}` })
      expect(groups.map((dn) => dn.split(',')[0]).sort()).toEqual(['cn=inner', 'cn=outer', 'cn=staff'])
      expect(truncated).toBe(false)
      const direct = await directory.groupsOf({ dn: `uid=p1,${target.base}`, nested: false })
      expect(direct.groups).toEqual([`cn=staff,${target.base}`])
      const cut = await directory.groupsOf({ dn: `uid=p1,${target.base}`, limit: 2 })
      expect([cut.groups.length, cut.truncated]).toEqual([2, true])
    })
  })

  describe('values', () => {
    test('every kind of condition finds what it says', async () => {
      const directory = connect()
      const uids = async (filter: FilterInput): Promise<string> => {
        const { entries } = await directory.search({ filter: { and: [{ present: 'uid' }, filter] } })
        return entries
          .map(({ attributes }) => String(attributes['uid']?.[0]))
          .sort()
          .join(' ')
      }
      await directory.modify({
        dn: `uid=p1,${target.base}`,
        changes: [{ kind: 'replace', attribute: 'description', values: ['Jane (*), \\ Doe'] }],
      })
      expect(await uids({ equals: ['uid', 'p1'] })).toBe('p1')
      expect(await uids({ approximately: ['uid', 'p2'] })).toContain('p2')
      expect(await uids({ or: [{ equals: ['uid', 'p1'] }, { equals: ['uid', 'p3'] }] })).toBe('p1 p3')
      expect(await uids({ not: { startsWith: ['cn', 'Person'] } })).toBe('')
      expect(await uids({ endsWith: ['uid', '4'] })).toBe('p4')
      expect(await uids({ contains: ['description', '(*), \\'] })).toBe('p1')
      expect(await uids({ startsWith: ['description', 'Jane (*'] })).toBe('p1')
      const rule = '2.5.13.5'
      expect(await uids({ matches: { attribute: 'description', rule, value: 'Jane (*), \\ Doe' } })).toBe('p1')
      expect(await uids({ matches: { attribute: 'description', rule, value: 'jane (*), \\ Doe' } })).toBe('')
    })

    test('bytes stay bytes, texts stay texts', async () => {
      const directory = connect()
      const photo = Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0, 0x10, 0x4a, 0x46, 0x49, 0x46, 0, 200])
      const dn = `uid=p1,${target.base}`
      const texts = ['grüße', '日本', '\ufeffBOM', '\u{1f98a}']
      await directory.modify({
        dn,
        changes: [
          { kind: 'replace', attribute: 'jpegPhoto', values: [photo] },
          { kind: 'replace', attribute: 'audio', values: [Uint8Array.from([0xc3])] },
          { kind: 'replace', attribute: 'description', values: texts },
        ],
      })
      const { attributes } = await directory.entry({ dn })
      expect(attributes['jpegPhoto']).toEqual([photo])
      expect(attributes['audio']).toEqual([Uint8Array.from([0xc3])])
      expect(attributes['description']).toEqual(texts)
      await expect(
        directory.modify({ dn, changes: [{ kind: 'replace', attribute: 'userPassword', values: ['x'] }] }),
      ).rejects.toMatchObject({ code: 'invalid_input', applied: 'no' })
    })

    test('limits: ours, that of the server, and all of it page by page', async () => {
      for (let number = 9; number <= 70; number += 1)
        await put(target.bare, `uid=p${number},${target.base}`, person(`p${number}`))
      const directory = connect({ bind: reader() })
      const filter = { equals: ['objectClass', 'inetOrgPerson'] as [string, string] }
      const few = await directory.search({ filter, limit: 10 })
      expect([few.entries.length, few.truncated]).toEqual([10, true])
      const many = await directory.search({ filter, limit: 1_000 })
      expect([many.entries.length, many.truncated]).toEqual([50, true])
      const all = []
      for await (const { dn } of directory.entries.read({ filter }, { pageSize: 7 })) all.push(dn)
      expect(new Set(all).size).toBe(70)
      expect(all).toHaveLength(70)
    }, 30_000)

    test('a cursor whose entry is gone loses nothing', async () => {
      const directory = connect()
      const input = { filter: { equals: ['objectClass', 'inetOrgPerson'] } }
      const first = await directory.$.read('entries', input, { maxRecords: 3 })
      await target.bare.del((first.records[2] as { dn: string }).dn)
      const rest = await directory.$.read('entries', input, { cursor: first.cursor, maxRecords: 100 })
      expect(rest.records).toHaveLength(7)
    })

    test('an entry that is larger than allowed is refused, and the next call works', async () => {
      const directory = connect()
      const dn = `uid=p1,${target.base}`
      await directory.modify({
        dn,
        changes: [{ kind: 'replace', attribute: 'description', values: ['x'.repeat(5_000)] }],
      })
      const small = connect({ maxEntryBytes: 2_048 })
      await expect(small.entry({ dn })).rejects.toMatchObject({ code: 'invalid_input' })
      expect((await small.entry({ dn, attributes: ['sn'] })).attributes).toEqual({ sn: ['p1'] })
    })
  })

  describe('failures tell the truth', () => {
    test('an add whose answer is lost: outcome_unknown, and the entry is there', async () => {
      const { host = '', port = 0 } = target.address ?? {}
      const proxy = await faultProxy({ host, port })
      const directory = connect({ url: `ldap://127.0.0.1:${proxy.port}` })
      await directory.whoAmI({})
      await proxy.arm({ kind: 'cut' })
      const dn = `uid=cut,${target.base}`
      const error = await directory
        .add({ dn, attributes: { objectClass: ['inetOrgPerson'], cn: ['x'], sn: ['x'] } })
        .catch((thrown: unknown) => thrown as ConnectorError)
      expect(error).toMatchObject({ applied: 'maybe' })
      expect((await connect().entry({ dn })).dn).toBe(dn)
      await proxy.close()
    })

    test('an added value whose answer is lost: maybe; a refused one: no', async () => {
      const { host = '', port = 0 } = target.address ?? {}
      const proxy = await faultProxy({ host, port })
      const directory = connect({ url: `ldap://127.0.0.1:${proxy.port}` })
      const change = { kind: 'add' as const, attribute: 'description', values: ['x'] }
      await directory.whoAmI({})
      await proxy.arm({ kind: 'cut' })
      const dn = `uid=p1,${target.base}`
      await expect(directory.modify({ dn, changes: [change] })).rejects.toMatchObject({ applied: 'maybe' })
      await expect(directory.modify({ dn, changes: [change] })).rejects.toMatchObject({
        code: 'already_exists',
        applied: 'no',
      })
      await proxy.close()
    })

    test('a server that falls silent: timeout after readMs, and the connection is not used again', async () => {
      const { host = '', port = 0 } = target.address ?? {}
      const proxy = await faultProxy({ host, port })
      const directory = connect({
        url: `ldap://127.0.0.1:${proxy.port}`,
        pool: { max: 1 },
        timeouts: { connectMs: 1_000, readMs: 200 },
      })
      await directory.whoAmI({})
      await proxy.arm({ kind: 'half-open' })
      await expect(directory.whoAmI({})).rejects.toMatchObject({ code: 'timeout' })
      await proxy.heal()
      expect((await directory.whoAmI({})).authorizationId).toMatch(/^dn:cn=admin/)
      await proxy.close()
    })
  })
})
