import { expect, test } from '@jest/globals'
import { guarded } from '../src/message/decode-message.ts'
import { assertSignatures } from '../src/message/signature-shape.ts'
import { readXml } from '../src/xml/read-xml.ts'
import { elementsOf } from '../src/xml/xml-element.ts'
import { refusalOf } from './support.ts'

const signature = `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/><ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/><ds:Reference URI="#_1"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/><ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"><x:InclusiveNamespaces xmlns:x="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="xs"/></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>AAAA</ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue>AAAA</ds:SignatureValue><ds:KeyInfo><ds:KeyName>x</ds:KeyName></ds:KeyInfo></ds:Signature>`

/** A root whose first child may be signed; both may carry what is given. */
const answer = (own: string, child = '', id = '_1'): Promise<string> =>
  refusalOf(
    (async () =>
      guarded(() => {
        const root = readXml(`<r ID="${id}">${own}<c ID="_2">${child}</c></r>`, { mode: 'strict', maxNodes: 1_000 })
        assertSignatures(root, [root, ...elementsOf(root).filter((one) => one.localName === 'c')])
      }))(),
  )
const edited = (from: string | RegExp, to: string): string => {
  const changed = signature.replace(from, to)
  expect(changed).not.toBe(signature)
  return changed
}

test('the form that SAML prescribes', async () => {
  expect(await answer(signature)).toBe('accepted')
  expect(await answer(signature, signature.replace('#_1', '#_2'))).toBe('accepted')
  expect(await answer('')).toBe('accepted')
  expect(await answer(edited(/<ds:KeyInfo>.*<\/ds:KeyInfo>/, ''))).toBe('accepted')
  expect(await answer(edited('rsa-sha256', 'rsa-sha512'))).toBe('accepted')
})

test('signatures in other places, or of other things', async () => {
  expect(await answer(signature + signature)).toBe('malformed')
  expect(await answer(`<x>${signature}</x>`)).toBe('malformed')
  expect(await answer('<Signature/>')).toBe('malformed')
  expect(await answer(edited('<ds:KeyName>x</ds:KeyName>', signature))).toBe('malformed')
  expect(await answer('', signature)).toBe('malformed')
  expect(await answer(edited('#_1', '#_2'))).toBe('malformed')
  expect(await answer(signature, '<x ID="_1"/>')).toBe('malformed')
  expect(await answer(signature, '<x id="_1"/>')).toBe('malformed')
  expect(await answer(signature, '<x Id="_1"/>')).toBe('malformed')
  expect(await answer(edited('#_1', '#'), '', '')).toBe('malformed')
  expect(await answer(edited('#_1', "#a'b"), '', "a'b")).toBe('malformed')
})

test.each<[string, string | RegExp, string, string]>([
  [
    'RSA with SHA-1',
    'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
    'weak_signature',
  ],
  ['HMAC', 'rsa-sha256', 'hmac-sha256', 'weak_signature'],
  [
    'a digest of SHA-1',
    'http://www.w3.org/2001/04/xmlenc#sha256',
    'http://www.w3.org/2000/09/xmldsig#sha1',
    'weak_signature',
  ],
  ['no algorithm', ' Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"', '', 'weak_signature'],
  ['no digest algorithm', ' Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"', '', 'weak_signature'],
  [
    'a parameter of the method',
    'rsa-sha256"/>',
    'rsa-sha256"><ds:HMACOutputLength>1</ds:HMACOutputLength></ds:SignatureMethod>',
    'malformed',
  ],
  ['another canonical form', 'c14n#"/>', 'c14n#WithComments"/>', 'malformed'],
  ['an Object', '</ds:Signature>', '<ds:Object/></ds:Signature>', 'malformed'],
  ['an Object for KeyInfo', /<ds:KeyInfo>.*<\/ds:KeyInfo>/, '<ds:Object/>', 'malformed'],
  ['an element of another namespace', '<ds:SignedInfo>', '<x/><ds:SignedInfo>', 'malformed'],
  ['two SignedInfo', '<ds:SignedInfo>', '<ds:SignedInfo/><ds:SignedInfo>', 'malformed'],
  ['two references', '</ds:SignedInfo>', '<ds:Reference/></ds:SignedInfo>', 'malformed'],
  ['two digests', '</ds:Reference>', '<ds:DigestValue>B</ds:DigestValue></ds:Reference>', 'malformed'],
  ['an element in the digest', 'AAAA</ds:DigestValue>', '<x/>AAAA</ds:DigestValue>', 'malformed'],
  ['an element in the value', 'AAAA</ds:SignatureValue>', '<x/>AAAA</ds:SignatureValue>', 'malformed'],
  ['no transforms', /<ds:Transforms>.*<\/ds:Transforms>/, '', 'malformed'],
  [
    'one transform',
    /<ds:Transform Algorithm="http:\/\/www\.w3\.org\/2000\/09\/xmldsig#enveloped-signature"\/>/,
    '',
    'malformed',
  ],
  [
    'three transforms',
    '</ds:Transforms>',
    '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>',
    'malformed',
  ],
  [
    'transforms the other way round',
    /(<ds:Transform Algorithm="[^"]*enveloped-signature"\/>)(.*)(<\/ds:Transforms>)/,
    '$2$1$3',
    'malformed',
  ],
  ['no reference', / URI="#_1"/, '', 'malformed'],
  ['the whole document', '"#_1"', '""', 'malformed'],
])('refused: %s', async (_, from, to, reason) => {
  expect(await answer(edited(from, to))).toBe(reason)
})
