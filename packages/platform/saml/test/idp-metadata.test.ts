import { X509Certificate } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { createSamlLogin, readIdpMetadata } from '../src/index.ts'
import { keys, makeKeys } from './support.ts'

const pem = (await makeKeys()).certificate
const base64 = new X509Certificate(pem).raw.toString('base64')

/** A document as people keep it: with comments, line breaks in the certificate, a default namespace, and other roles. */
const document = (entity = 'https://idp.example', more = ''): string => `<?xml version="1.0" encoding="UTF-8"?>
<!-- from our identity provider -->
<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="${entity}"${more}>
  <IDPSSODescriptor WantAuthnRequestsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol urn:oasis:names:tc:SAML:2.0:protocol">
    <KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>
      ${base64.match(/.{1,64}/g)?.join('\n      ')}<!-- ends -->
    </ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>
    <KeyDescriptor use="encryption"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>
    <SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/slo" ResponseLocation="https://idp.example/slo/answer"/>
    <NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</NameIDFormat>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location="https://idp.example/soap"/>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/sso?a=1&amp;b=2"/>
  </IDPSSODescriptor>
</EntityDescriptor>`

const several = `<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">${[
  document('urn:one'),
  document('urn:two'),
]
  .map((one) => one.replace(/^<\?xml[^>]*>/, ''))
  .join('')}</EntitiesDescriptor>`

test('what a document says', () => {
  expect(readIdpMetadata(document())).toEqual({
    entityId: 'https://idp.example',
    certificates: [new X509Certificate(pem).toString()],
    singleSignOn: { redirect: undefined, post: 'https://idp.example/sso?a=1&b=2' },
    singleLogout: { redirect: 'https://idp.example/slo', redirectResponse: 'https://idp.example/slo/answer' },
    nameIdFormats: ['urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'],
    wantAuthnRequestsSigned: true,
    validUntil: undefined,
  })
  expect(readIdpMetadata(Buffer.from(document())).entityId).toBe('https://idp.example')
  expect(readIdpMetadata(several, { entityId: 'urn:two' }).entityId).toBe('urn:two')
})

test('until when it is valid', () => {
  const now = (): number => Date.parse('2026-01-01T00:00:00Z')
  const until = (time: string): string => document('urn:one', ` validUntil="${time}"`)
  expect(readIdpMetadata(until('2026-01-02T00:00:00Z'), { now }).validUntil).toBe('2026-01-02T00:00:00Z')
  expect(() => readIdpMetadata(until('2025-12-31T00:00:00Z'), { now })).toThrow('expired')
  expect(() => readIdpMetadata(until('soon'), { now })).toThrow('expired')
})

test.each([
  ['nothing', '', /cannot be read safely/],
  ['HTML', '<html><body>Sign in<br></body></html>', /cannot be read safely/],
  ['a document type', `<!DOCTYPE x>${document().slice(38)}`, /document type/],
  [
    'an entity',
    `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>${document().slice(38).replace('idp.example', '&a;')}`,
    /document type/,
  ],
  ['an entity that nobody declared', document('&a;'), /not predefined/],
  ['half of it', document().slice(0, 900), /cannot be read safely/],
  [
    'no identity provider',
    document().replaceAll('IDPSSODescriptor', 'SPSSODescriptor'),
    /describes no identity provider/,
  ],
  ['another namespace', document().replace('SAML:2.0:metadata', 'SAML:9.0:metadata'), /describes no identity provider/],
  ['SAML 1.1 only', document().replace(' urn:oasis:names:tc:SAML:2.0:protocol', ''), /does not speak SAML 2.0/],
  ['several', several, /name one by entityId/],
  ['no entityID', document('').replace('entityID=""', 'entityID=""'), /no entityID/],
  ['no certificate', document().replaceAll('use="signing"', 'use="encryption"'), /no certificate for signing/],
  ['a broken certificate', document().replace(/MII/, 'AAA'), /certificate of the identity provider cannot be read/],
  ['no usable binding', document().replaceAll('HTTP-POST', 'PAOS'), /no login URL/],
  ['a URL that runs a script', document().replace('https://idp.example/sso', 'javascript:alert(1)//'), /http or https/],
  ['too much of it', document() + ' '.repeat(1_048_576), /more than 1048576 bytes/],
])('refused: %s', (_, xml, message) => {
  expect(() => readIdpMetadata(xml)).toThrow(message)
})

test('refused: bytes that are no UTF-8', () => {
  expect(() => readIdpMetadata(Buffer.from([0x3c, 0xff, 0xfe]))).toThrow('not UTF-8')
})

await describeWithPeer('simplesamlphp', {}, (peer) => {
  test('the metadata of a real identity provider', async () => {
    const { origin } = new URL(peer().url)
    const xml = await (await fetch(`${origin}/saml2/idp/metadata.php`)).text()
    expect(readIdpMetadata(xml)).toMatchObject({
      entityId: `${origin}/idp`,
      certificates: [expect.stringContaining('BEGIN CERTIFICATE')],
      singleSignOn: { redirect: `${origin}/saml2/idp/SSOService.php`, post: `${origin}/saml2/idp/SSOService.php` },
      singleLogout: { redirect: `${origin}/saml2/idp/SingleLogoutService.php` },
    })
  })
})

test('our own metadata, whatever the settings hold', async () => {
  const login = createSamlLogin({
    entityId: 'https://casare.example/"<&>',
    callbackUrl: 'https://casare.example/acs?a=1&b=2',
    identityProvider: readIdpMetadata(document()),
    nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    ...(await keys()),
  })
  const xml = login.metadata()
  expect(xml).toContain('entityID="https://casare.example/&quot;&lt;&amp;&gt;"')
  expect(xml).toContain('Location="https://casare.example/acs?a=1&amp;b=2"')
  expect(xml).not.toContain('SingleLogoutService')
  expect(xml).not.toContain('PRIVATE')
})
