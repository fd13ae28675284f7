import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from '@jest/globals'
import { fromFile, Secret } from '@casare/core'
import { createSamlLogin, type SamlLoginOptions } from '../src/index.ts'
import { keys, makeKeys } from './support.ts'

const pair = await keys()
const sound: SamlLoginOptions = {
  entityId: 'urn:casare',
  callbackUrl: 'https://casare.example/acs',
  identityProvider: {
    entityId: 'urn:idp',
    certificates: [pair.certificate],
    singleSignOn: { redirect: 'https://idp.example/sso?tenant=a%20b', post: 'https://idp.example/sso' },
  },
  ...pair,
}
const idp = (changes: object): Partial<SamlLoginOptions> => ({
  identityProvider: { ...sound.identityProvider, ...changes },
})
const pem = (type: 'ec' | 'rsa'): string =>
  (type === 'ec'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('rsa', { modulusLength: 1_024 })
  ).privateKey
    .export({ type: 'pkcs8', format: 'pem' })
    .toString()

test.each<[string, Partial<SamlLoginOptions>, RegExp]>([
  ['an empty name', { entityId: '' }, /entityId/],
  ['a long name', { entityId: 'x'.repeat(1_025) }, /entityId/],
  ['a URL of nothing', { callbackUrl: 'acs' }, /callbackUrl/],
  ['a URL that runs a script', { callbackUrl: 'javascript:alert(1)' }, /callbackUrl/],
  ['plaintext', { callbackUrl: 'http://casare.example/acs' }, /not be encrypted/],
  ['plaintext there', idp({ singleSignOn: { redirect: 'http://idp.example/sso' } }), /not be encrypted/],
  ['a password in a URL', { logoutCallbackUrl: 'https://a:b@casare.example/slo' }, /logoutCallbackUrl/],
  ['no certificates', idp({ certificates: [] }), /certificates/],
  ['a certificate that is none', idp({ certificates: ['x'] }), /certificates/],
  ['no login URL', idp({ singleSignOn: {} }), /singleSignOn/],
  ['a logout URL of nothing', idp({ singleLogout: { redirect: 'slo' } }), /singleLogout/],
  ['a skew of an hour', { clockSkewMs: 3_600_000 }, /clockSkewMs/],
  ['a skew that is none', { clockSkewMs: -1 }, /clockSkewMs/],
  ['a skew of no number', { clockSkewMs: Number.NaN }, /clockSkewMs/],
  ['a huge message', { maxBytes: 2 ** 30 }, /maxBytes/],
  ['a string for a boolean', { wantAssertionsSigned: 'false' as unknown as boolean }, /wantAssertionsSigned/],
  ['a key that is none', { privateKey: 'x' }, /privateKey/],
  ['a key of another kind', { privateKey: pem('ec') }, /RSA/],
  ['a key that is too short', { privateKey: pem('rsa') }, /2,048/],
  ['a certificate of ours that is none', { certificate: 'x' }, /certificate/],
])('refused: %s', (_, changes, message) => {
  expect(() => createSamlLogin({ ...sound, ...changes })).toThrow(
    expect.objectContaining({ code: 'invalid_input', message: expect.stringMatching(message) }),
  )
})

test('plaintext where it is asked for, and on loopback', () => {
  const callbackUrl = 'http://casare.example/acs'
  expect(() => createSamlLogin({ ...sound, callbackUrl, tls: { insecure: 'plaintext' } })).not.toThrow()
  expect(() => createSamlLogin({ ...sound, callbackUrl: 'http://localhost:3000/acs' })).not.toThrow()
})

test('a key in a file is read at each use: rotated without a restart, and told of when it is gone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'casare-saml-'))
  try {
    const [keyPath, certificatePath] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const write = ({ privateKey, certificate }: { privateKey: string; certificate: string }): void => {
      writeFileSync(keyPath, privateKey)
      writeFileSync(certificatePath, certificate)
    }
    write(pair)
    const login = createSamlLogin({ ...sound, privateKey: fromFile(keyPath), certificate: fromFile(certificatePath) })
    const before = login.metadata()
    write(await makeKeys())
    expect(login.metadata()).not.toBe(before)
    await expect(login.loginUrl()).resolves.toMatchObject({ url: expect.stringContaining('Signature=') })
    writeFileSync(keyPath, 'not a key')
    await expect(login.loginUrl()).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('privateKey'),
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a login URL: a query of its own is kept, forceAuthn is asked for, RelayState has its limits', async () => {
  const login = createSamlLogin({ ...sound, privateKey: new Secret(pair.privateKey) })
  expect(inspect(login, { depth: 9 })).not.toContain('PRIVATE KEY')
  const { url, requestId } = await login.loginUrl({ forceAuthn: true })
  expect(url).toMatch(/^https:\/\/idp\.example\/sso\?tenant=a%20b&SAMLRequest=[^&]+&SigAlg=[^&]+&Signature=[^&]+$/)
  const { inflateRawSync } = await import('node:zlib')
  const request = inflateRawSync(Buffer.from(new URL(url).searchParams.get('SAMLRequest') ?? '', 'base64')).toString()
  expect(request).toContain('ForceAuthn="true"')
  expect(request).toContain(`ID="${requestId}"`)
  expect(request).not.toContain('RequestedAuthnContext')
  for (const relayState of ['', 'x'.repeat(81), 'é'.repeat(41), 'a\nb']) {
    await expect(login.loginUrl({ relayState })).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(login.loginForm({ relayState })).rejects.toMatchObject({ code: 'invalid_input' })
  }
  const none = createSamlLogin({ ...sound, ...idp({ singleSignOn: { post: 'https://idp.example/sso' } }) })
  await expect(none.loginUrl()).rejects.toMatchObject({ code: 'unsupported' })
})
