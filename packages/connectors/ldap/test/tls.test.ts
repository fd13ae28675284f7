import { describe, expect, test } from '@jest/globals'
import { createServer, type AddressInfo } from 'node:net'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeWithPeer, planPeer, startPrivatePeer } from '../../../../tools/peers/src/index.ts'
import { ldap } from '../src/index.ts'
import { adminDn, passwordOf, suffix } from './support.ts'

await describeWithPeer('slapd', { tls: true }, (peer) => {
  const settings = (startTls: boolean, host = '127.0.0.1') => {
    const url = new URL(peer().url)
    return {
      url: startTls ? `ldap://${host}:${url.searchParams.get('startTls')}` : `ldaps://${host}:${url.port}`,
      startTls,
      base: suffix,
      bind: { kind: 'simple' as const, dn: adminDn, password: passwordOf(peer()) },
      tls: { ca: peer().ca ?? '' },
      resilience: false as const,
    }
  }

  describe.each([
    ['LDAPS', false],
    ['StartTLS', true],
  ])('%s', (_name, startTls) => {
    test.each(['127.0.0.1', 'localhost'])('bound on %s, by name and by address', async (host) => {
      const directory = ldap(settings(startTls, host))
      expect((await directory.whoAmI({})).authorizationId).toBe(`dn:${adminDn}`)
      expect((await directory.entry({ dn: suffix })).attributes['o']).toEqual(['Example'])
      await directory.close()
    })

    test('an unknown authority, and another name: refused, nothing applied', async () => {
      const unknown = ldap({ ...settings(startTls), tls: {} })
      await expect(unknown.whoAmI({})).rejects.toMatchObject({ code: 'unavailable', applied: 'no' })
      await unknown.close()
      const other = ldap({ ...settings(startTls), tls: { ca: peer().ca ?? '', serverName: 'other.example' } })
      await expect(other.whoAmI({})).rejects.toMatchObject({ code: 'unavailable', applied: 'no' })
      await other.close()
    })

    test('a wrong password: unauthenticated', async () => {
      const directory = ldap({ ...settings(startTls), bind: { kind: 'simple', dn: adminDn, password: 'wrong' } })
      await expect(directory.whoAmI({})).rejects.toMatchObject({ code: 'unauthenticated' })
      await directory.close()
    })
  })

  test('startTls on ldaps://, and external without a certificate: refused at once', async () => {
    const twice = ldap({ ...settings(false), startTls: true })
    await expect(twice.$.open()).rejects.toMatchObject({ code: 'invalid_input' })
    await twice.close()
    const bare = ldap({ ...settings(false), bind: { kind: 'external' } })
    await expect(bare.$.open()).rejects.toMatchObject({ code: 'invalid_input' })
    await bare.close()
  })
})

const plan = await planPeer('slapd', { tls: true, environment: {} })
if (plan.source === 'private')
  test.each([false, true])(
    'SASL EXTERNAL: who the client certificate says (StartTLS: %s)',
    async (startTls) => {
      const server = await startPrivatePeer('slapd', { tls: true })
      const url = new URL(server.url)
      const [folder = ''] = readdirSync(join(server.folder, 'site'))
      const pem = (name: string): string => readFileSync(join(server.folder, 'site', folder, name), 'utf8')
      const directory = ldap({
        url: startTls ? `ldap://127.0.0.1:${url.searchParams.get('startTls')}` : `ldaps://127.0.0.1:${url.port}`,
        startTls,
        base: suffix,
        bind: { kind: 'external' },
        tls: { ca: server.ca ?? '', cert: pem('cert.pem'), key: pem('key.pem') },
      })
      expect((await directory.whoAmI({})).authorizationId).toBe('dn:cn=localhost')
      await directory.close()
      await server.stop()
    },
    30_000,
  )

/** The answer to StartTLS: message 1, an extended response with this result. */
const answer = (code: number): Buffer =>
  Buffer.from(`300c02010178070a01${code.toString(16).padStart(2, '0')}04000400`, 'hex')

test.each([
  ['refuses it', answer(2), /result code 2/],
  ['does not know it', answer(52), /result code 52/],
  [
    'adds plaintext to its answer',
    Buffer.concat([answer(0), Buffer.from('300c02010261070a010004000400', 'hex')]),
    /plain text/,
  ],
  ['speaks another language', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), /not LDAP/],
  ['answers another message', Buffer.from('300c02010278070a010004000400', 'hex'), /not one/],
])('StartTLS with a server that %s: no password is sent', async (_name, said, complaint) => {
  const heard: Buffer[] = []
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      heard.push(chunk)
      socket.write(said)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const directory = ldap({
    url: `ldap://127.0.0.1:${port}`,
    startTls: true,
    base: suffix,
    bind: { kind: 'simple', dn: adminDn, password: 'canary-password' },
    resilience: false,
  })
  await expect(directory.whoAmI({})).rejects.toMatchObject({
    code: 'unavailable',
    applied: 'no',
    message: expect.stringMatching(complaint),
  })
  expect(Buffer.concat(heard).toString('latin1')).not.toContain('canary')
  await directory.close()
  await new Promise((resolve) => server.close(resolve))
})
