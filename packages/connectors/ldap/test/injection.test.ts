import { describe, expect, test } from '@jest/globals'
import { ConnectorError } from '@casare/core'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { ldap } from '../src/index.ts'
import { startTarget } from './support.ts'

/** What would widen or change a filter, were it read as one (RFC 4515). */
const filterTexts = [
  '*',
  '**',
  'p*',
  '*1',
  'p1)(uid=*',
  '*)(uid=*',
  '*)(|(uid=*',
  '*)(objectClass=*',
  'p1)(|(objectClass=*)',
  ')(',
  '(|(uid=*))',
  'p1))(|(cn=*',
  '*)(&',
  'x)(!(uid=x',
  '*)(userPassword=*',
  'p1)(cn=*))(|(uid=x',
  '\\2a',
  '\\2A',
  '\\',
  '\\\\',
  '\\28',
  '\\5c2a',
  'p1\\',
  '%2a',
  '&',
  '|',
  '!(uid=x)',
  '*()|&=!~><',
  'p1\0',
  '\0',
  '\0*',
  '*\r\n',
  'x*x',
  '＊',
  '\u202e*',
  'uid=*',
  '=*',
  '>=',
  '~=',
  ':dn:=*',
  ':1.2.840.113556.1.4.1941:=*',
  "' or 1=1 --",
  '${uid}',
  '../*',
  '\ufeff*',
  'é*',
  '*)(uid=p1',
  'p1*)(uid=p*',
]
/** What would change a DN, were it read as one (RFC 4514). */
const nameTexts = [
  'a,ou=x',
  'a,dc=example,dc=org',
  'a+uid=b',
  'a+cn=b,dc=org',
  '#04',
  '#',
  ' leading',
  '"quoted"',
  '"',
  'a\\',
  'a\\\\',
  '\\',
  'a\\,b',
  'a;b',
  'a;ou=x',
  '<a>',
  'a=b',
  '=',
  ',',
  '+',
  ';',
  'ä,ö',
  '\\2C',
  '\\2c',
  '\\22',
  'a\nb',
  'a\r\nb',
  'cn=a',
  'cn=a,cn=b',
  '*',
  '(x)',
  '%2C',
  'a\\2Cou=x',
  '"a,b"',
  '"a\\",ou=x"',
  'a , ou=x',
  'a\u202e',
  'x'.repeat(200),
  "a'b",
  '${x}',
  '../..',
  'a/b',
  '日本,語',
  '\u{1f98a}+a',
]
/** What is no attribute. */
const attributeTexts = [
  'uid)(cn',
  'uid=x)(cn',
  '*',
  '',
  'uid=*',
  'uid ',
  ' uid',
  'uid,cn',
  'uid;',
  'uid;x)(',
  '1.',
  '(uid',
  'uid\0',
  'ui d',
  'ü',
  'uid:dn:',
]

await describeWithPeer('slapd', {}, (peer) => {
  describe('values are never read as filters or DNs', () => {
    test('filters: none finds what it does not name, and no login gets through', async () => {
      const target = await startTarget(peer())
      const directory = ldap(target.config as never)
      let accepted = 0
      let tried = 0
      for (const text of filterTexts) {
        for (const kind of ['equals', 'startsWith', 'contains', 'endsWith', 'greaterOrEqual'] as const) {
          // Ordering and substrings of some texts are no question that this schema answers: nothing comes then, too.
          const { entries } = await directory.search({ filter: { [kind]: ['uid', text] } as never })
          tried += 1
          // A value below which there are names is an honest answer of an ordering.
          if (entries.length > 0 && kind !== 'greaterOrEqual') accepted += 1
        }
        const { groups } = await directory.groupsOf({ dn: [{ uid: text }, { dc: 'example' }] })
        const login = directory.authenticate({ username: text, password: 'password of p1' })
        const outcome = await login.then(
          () => 'in',
          (error: unknown) => (error as ConnectorError).code,
        )
        tried += 2
        if (groups.length > 0) accepted += 1
        if (outcome !== 'unauthenticated') accepted += 1
      }
      process.stdout.write(`LDAP filters: ${filterTexts.length} texts, ${tried} tries, ${accepted} accepted\n`)
      expect(accepted).toBe(0)
      await directory.close()
      await target.close?.()
    }, 60_000)

    test('filters: a stored value is found by itself alone', async () => {
      const target = await startTarget(peer())
      const directory = ldap(target.config as never)
      const dn = `uid=p1,${target.base}`
      for (const text of filterTexts.filter((one) => !one.includes('\0'))) {
        await directory.modify({ dn, changes: [{ kind: 'replace', attribute: 'description', values: [text] }] })
        const { entries } = await directory.search({ filter: { equals: ['description', text] } })
        expect([text, entries.map((entry) => entry.dn)]).toEqual([text, [dn]])
      }
      await directory.close()
      await target.close?.()
    }, 60_000)

    test('DNs: each text is the name of one entry, where it was meant to be', async () => {
      const target = await startTarget(peer(), 0)
      const directory = ldap(target.config as never)
      const [, folder = ''] = /^ou=([^,]+)/.exec(target.base) ?? []
      const below = [{ ou: folder }, { dc: 'example' }, { dc: 'org' }]
      let accepted = 0
      for (const text of nameTexts) {
        const dn = [{ cn: text }, ...below]
        await directory.add({ dn, attributes: { objectClass: ['person'], cn: [text], sn: ['x'] } })
        const { searchEntries } = await target.bare.search(target.base, {
          scope: 'one',
          attributes: ['cn'],
          filter: '(objectClass=person)',
        })
        const all = await target.bare.search(target.base, { attributes: ['cn'], filter: '(objectClass=person)' })
        const misplaced = searchEntries.length !== 1 || all.searchEntries.length !== 1
        if (misplaced || searchEntries[0]?.['cn'] !== text) accepted += 1
        const read = await directory.entry({ dn })
        expect(read.attributes['cn']).toEqual([text])
        const moved = await directory.rename({ dn, name: { cn: `${text},renamed` }, parent: target.base })
        expect((await directory.entry({ dn: moved.dn })).attributes['cn']).toEqual([`${text},renamed`])
        await directory.delete({ dn: moved.dn })
      }
      process.stdout.write(`LDAP DNs: ${nameTexts.length} texts, ${accepted} accepted\n`)
      expect(accepted).toBe(0)
      await directory.close()
      await target.close?.()
    }, 60_000)

    test('attributes: what is none is refused before anything is sent', async () => {
      // Nobody listens there: whatever were sent would fail as unavailable.
      const directory = ldap({
        url: 'ldap://127.0.0.1:9',
        base: 'dc=org',
        bind: { kind: 'anonymous' },
        resilience: false,
      })
      let accepted = 0
      for (const text of attributeTexts) {
        const calls = [
          directory.search({ filter: { equals: [text, 'x'] } }),
          directory.search({ filter: { present: text } }),
          directory.compare({ dn: 'dc=org', attribute: text, value: 'x' }),
          directory.modify({ dn: 'dc=org', changes: [{ kind: 'replace', attribute: text }] }),
          directory.authenticate({ username: 'x', password: 'x', usernameAttributes: [text] }),
        ]
        for (const outcome of await Promise.allSettled(calls))
          if (outcome.status === 'fulfilled' || !ConnectorError.is(outcome.reason, 'invalid_input')) accepted += 1
      }
      process.stdout.write(`LDAP attributes: ${attributeTexts.length * 5} tries, ${accepted} accepted\n`)
      expect(accepted).toBe(0)
      await directory.close()
    })
  })
})
