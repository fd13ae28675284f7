import { createHmac } from 'node:crypto'
import { readXml } from '../src/xml/read-xml.ts'
import { attributeOf, descendantsOf, textOf, type XmlElement } from '../src/xml/xml-element.ts'
import { signatureNamespace } from '../src/names.ts'

/** The parts of a real response that attacks are built from, as text. */
interface Parts {
  readonly xml: string
  readonly response: string
  readonly responseTag: string
  readonly responseId: string
  readonly assertion: string
  readonly assertionId: string
  /** The assertion without its own signature. */
  readonly bare: string
  /** The assertion's signature, else the response's. */
  readonly signature: string
  /** The response's signature, else the assertion's. */
  readonly outerSignature: string
  /** An assertion about somebody else, without a signature. */
  readonly evil: string
  readonly certificate: string
}

/** Whom attacks want to be. */
export const victim = 'mallory@example.org'

/** The attacks by name: each makes of a real, signed response what must not be accepted. */
export type Attack = (parts: Parts) => string | Uint8Array

export function partsOf(xml: string): Parts {
  const root = readXml(xml, { mode: 'strict', maxNodes: 10_000 })
  const all = [...descendantsOf(root)]
  const cut = (element: XmlElement): string => xml.slice(element.start, element.end)
  const assertion = found(all.find((one) => one.localName === 'Assertion'))
  const signatures = all.filter((one) => one.localName === 'Signature' && one.namespace === signatureNamespace)
  const inner = signatures.find((one) => one.start > assertion.start)
  const outer = signatures.find((one) => one.start < assertion.start)
  const text = cut(assertion)
  const bare = inner === undefined ? text : text.replace(cut(inner), '')
  const certificate = textOf(found(all.find((one) => one.localName === 'X509Certificate')))
  return {
    xml,
    response: cut(root),
    responseTag: xml.slice(root.start, xml.indexOf('>', root.start) + 1),
    responseId: attributeOf(root, 'ID') ?? '',
    assertion: text,
    assertionId: attributeOf(assertion, 'ID') ?? '',
    bare,
    signature: cut(found(inner ?? outer)),
    outerSignature: cut(found(outer ?? inner)),
    evil: bare.replaceAll('alice@example.org', victim).replace(/ ID="[^"]*"/, ' ID="_evil"'),
    certificate,
  }
}

function found<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('The response lacks what attacks need.')
  return value
}

/** The element with something put behind its start tag, or before its end tag. */
const within = (element: string, first: string, last = ''): string =>
  element.replace(/^[^>]*>/, (tag) => tag + first).replace(/<\/[^<]*>$/, (tag) => last + tag)

const changed =
  (from: string | RegExp, to: string): Attack =>
  ({ xml }) => {
    const result = xml.replace(from, () => to)
    if (result === xml) throw new Error('The attack changes nothing.')
    return result
  }

const inSignature =
  (edit: (signature: string, parts: Parts) => string): Attack =>
  (parts) =>
    [...new Set([parts.signature, parts.outerSignature])].reduce(
      (xml, signature) => xml.replace(signature, () => edit(signature, parts)),
      parts.xml,
    )

const evilResponse = ({ response, assertion, evil, outerSignature }: Parts): string =>
  response
    .replace(outerSignature, '')
    .replace(assertion, () => evil)
    .replace(/ ID="[^"]*"/, ' ID="_evilresponse"')

/** Somorovsky et al., "On Breaking SAML" (USENIX Security 2012), as numbered by SAML Raider. */
export const wrapping: Readonly<Record<string, Attack>> = {
  'XSW1: the response within the signature of another': (parts) =>
    within(evilResponse(parts), within(parts.outerSignature, '', parts.response.replace(parts.outerSignature, ''))),
  'XSW2: the response beside the signature of another': (parts) =>
    within(evilResponse(parts), parts.response.replace(parts.outerSignature, '') + parts.outerSignature),
  'XSW3: another assertion before': ({ xml, assertion, evil }) => xml.replace(assertion, () => evil + assertion),
  'XSW4: the assertion within another': ({ xml, assertion, evil }) =>
    xml.replace(assertion, () => within(evil, '', assertion)),
  'XSW5: the signature in another, the assertion after': ({ xml, assertion, evil, signature, bare }) =>
    within(
      xml.replace(assertion, () => within(evil, signature)),
      '',
      bare,
    ),
  'XSW6: the assertion within the signature of another': ({ xml, assertion, evil, signature, bare }) =>
    xml.replace(assertion, () => within(evil, within(signature, '', bare))),
  'XSW7: another assertion in Extensions': ({ xml, evil }) =>
    within(xml, `<samlp:Extensions>${evil}</samlp:Extensions>`),
  'XSW8: the assertion in an Object of the signature': ({ xml, assertion, evil, signature, bare }) =>
    xml.replace(assertion, () => within(evil, within(signature, '', `<ds:Object>${bare}</ds:Object>`))),
  'XSW7 with the same ID': ({ xml, evil, assertionId }) =>
    within(xml, `<samlp:Extensions>${evil.replace('_evil', assertionId)}</samlp:Extensions>`),
  'XSW3 with the same ID': ({ xml, assertion, evil, assertionId }) =>
    xml.replace(assertion, () => evil.replace('_evil', assertionId) + assertion),
  'another assertion after': ({ xml, assertion, evil }) => xml.replace(assertion, () => assertion + evil),
  'the same assertion twice': ({ xml, assertion }) => xml.replace(assertion, () => assertion + assertion),
  'an assertion of another namespace before': ({ xml, assertion, evil }) =>
    xml.replace(assertion, () => evil.replace(/xmlns:saml="[^"]*"/, 'xmlns:saml="urn:evil"') + assertion),
  'the response within a response': (parts) => within(evilResponse(parts), '', parts.response),
  'the response within another element': ({ xml }) => `<evil>${xml}</evil>`,
  'the assertion in StatusDetail, another in its place': ({ xml, assertion, evil }) =>
    xml
      .replace(assertion, () => evil)
      .replace('</samlp:Status>', () => `<samlp:StatusDetail>${assertion}</samlp:StatusDetail></samlp:Status>`),
  'a decoy signature with the value of the true one and an assertion (xml-crypto removes both)': ({
    xml,
    outerSignature,
    evil,
  }) =>
    xml.replace(outerSignature, () => outerSignature + within(outerSignature, '', `<ds:Object>${evil}</ds:Object>`)),
  'the assertion of the signature within KeyInfo': ({ xml, assertion, evil, signature, bare }) =>
    xml.replace(assertion, () =>
      within(
        evil,
        signature.replace('</ds:KeyInfo>', () => `${bare}</ds:KeyInfo>`),
      ),
    ),
  'CVE-2025-54369: what is signed is kept, another assertion is in its place': ({
    xml,
    assertion,
    evil,
    signature,
    bare,
  }) => xml.replace(assertion, () => within(evil, signature) + `<evil>${bare}</evil>`),
  'CVE-2025-54419: the signed assertion in Extensions, the used one in its place': ({ xml, assertion, evil }) =>
    within(
      xml.replace(assertion, () => evil),
      `<samlp:Extensions>${assertion}</samlp:Extensions>`,
    ),
}

/** What canonical form drops, or readers understand differently: CVE-2017-11427 and its class, CVE-2025-54419. */
const differences: Readonly<Record<string, Attack>> = {
  'CVE-2017-11427: a comment in the NameID': changed(
    'alice@example.org</saml:NameID>',
    'alice@example<!---->.org</saml:NameID>',
  ),
  'CVE-2017-11427: a comment that cuts the NameID': changed(
    'alice@example.org</saml:NameID>',
    'alice<!-- -->@example.org</saml:NameID>',
  ),
  'CVE-2025-54419: a character taken from the NameID by a comment': changed('alice@', '<!--a-->alice@'),
  'a comment in the Audience': changed('</saml:Audience>', '<!--x--></saml:Audience>'),
  'a comment in an attribute value': changed('alice</saml:AttributeValue>', 'al<!---->ice</saml:AttributeValue>'),
  'a comment before the root': ({ xml }) => `<!--x-->${xml}`,
  'a comment after the root': ({ xml }) => `${xml}<!--x-->`,
  'a comment around the signature': inSignature((signature) => `<!--x-->${signature}`),
  'a CDATA section in the NameID': changed('alice@', '<![CDATA[alice]]>@'),
  'a processing instruction in the NameID': changed('alice@', 'alice<?x y?>@'),
  'a processing instruction before the root': ({ xml }) => `<?xml-stylesheet href="x"?>${xml}`,
  'an element in the NameID': changed('alice@', '<x/>alice@'),
  'two roots': ({ xml, evil }) => `${xml}${evil}`,
  'two roots, the other first': ({ xml, evil }) => `${evil}${xml}`,
  'text after the root': ({ xml }) => `${xml}x`,
  'a second attribute ID': changed(' ID="', ' ID="_evil" ID="'),
  'an attribute ID with a prefix': changed(' ID="', ' samlp:ID="_evil" ID="'),
  'an attribute xml:id': ({ xml, assertionId }) =>
    xml.replace('<samlp:Status>', () => `<samlp:Status xml:id="${assertionId}">`),
  'a prefix that is bound anew': changed('<samlp:Status>', '<samlp:Status xmlns:samlp="urn:evil">'),
  'a namespace that is taken back': changed('<samlp:Status>', '<samlp:Status xmlns:samlp="">'),
}

/** https://cwe.mitre.org/data/definitions/611.html and 776.html */
const documentTypes: Readonly<Record<string, Attack>> = {
  'a document type': ({ xml }) => `<!DOCTYPE Response>${xml}`,
  'a document type in small letters': ({ xml }) => `<!doctype Response>${xml}`,
  'a document type behind the declaration': ({ xml }) => `<?xml version="1.0"?>\n<!DOCTYPE Response>${xml}`,
  'XXE: a file': ({ xml }) => `<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>${xml.replace('alice@', '&x;@')}`,
  'XXE: a URL by a parameter entity': ({ xml }) =>
    `<!DOCTYPE r [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x"> %x;]>${xml}`,
  'XXE: an external document type': ({ xml }) => `<!DOCTYPE r SYSTEM "http://127.0.0.1:1/x.dtd">${xml}`,
  'billion laughs': ({ xml }) => {
    const laughs = Array.from({ length: 10 }, (_, index) => `<!ENTITY l${index + 1} "${`&l${index};`.repeat(10)}">`)
    return `<!DOCTYPE r [<!ENTITY l0 "lol">${laughs.join('')}]>${xml.replace('alice@', '&l10;@')}`
  },
  'an entity that changes the name': ({ xml }) =>
    `<!DOCTYPE r [<!ENTITY x "mallory">]>${xml.replace('alice@', '&x;@')}`,
  'an ATTLIST that makes another attribute the ID': ({ xml }) =>
    `<!DOCTYPE r [<!ATTLIST x Version ID #IMPLIED>]>${xml}`,
  'an entity without a document type': changed('alice@', '&evil;@'),
}

const digest = 'http://www.w3.org/2000/09/xmldsig#sha1'
const sha256 = /http:\/\/www\.w3\.org\/2001\/04\/xmldsig-more#rsa-sha256/g

/** Algorithms, transforms, and the shape of the signature itself. */
const signatures: Readonly<Record<string, Attack>> = {
  'no signature at all': inSignature(() => ''),
  'an empty signature': inSignature((signature) => signature.replace(/<ds:SignedInfo>[^]*<\/ds:SignedInfo>/, '')),
  'an empty SignatureValue': inSignature((signature) => signature.replace(/(<ds:SignatureValue>)[^<]*/, '$1')),
  'an empty DigestValue': inSignature((signature) => signature.replace(/(<ds:DigestValue>)[^<]*/, '$1')),
  'RSA with SHA-1': inSignature((signature) => signature.replace(sha256, 'http://www.w3.org/2000/09/xmldsig#rsa-sha1')),
  'a digest of SHA-1': inSignature((signature) => signature.replace('http://www.w3.org/2001/04/xmlenc#sha256', digest)),
  'a digest of MD5': inSignature((signature) =>
    signature.replace('http://www.w3.org/2001/04/xmlenc#sha256', 'http://www.w3.org/2001/04/xmldsig-more#md5'),
  ),
  'a digest of none': inSignature((signature) => signature.replace('http://www.w3.org/2001/04/xmlenc#sha256', 'none')),
  'a signature of none': inSignature((signature) => signature.replace(sha256, 'none')),
  'HMAC with the certificate as its key': inSignature((signature, { certificate }) => {
    const method = signature.replace(sha256, 'http://www.w3.org/2000/09/xmldsig#hmac-sha1')
    const info = /<ds:SignedInfo>[^]*<\/ds:SignedInfo>/.exec(method)?.[0] ?? ''
    const canonical = info.replace('<ds:SignedInfo>', '<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">')
    const pem = `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`
    const value = createHmac('sha1', pem).update(canonical).digest('base64')
    return method.replace(/(<ds:SignatureValue>)[^<]*/, `$1${value}`)
  }),
  'a third transform': inSignature((signature) =>
    signature.replace(
      '</ds:Transforms>',
      '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>',
    ),
  ),
  'an XPath transform': inSignature((signature) =>
    signature.replace(
      /<ds:Transform Algorithm="http:\/\/www\.w3\.org\/2001\/10\/xml-exc-c14n#"\/>/,
      '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>false()</ds:XPath></ds:Transform>',
    ),
  ),
  'no transforms': inSignature((signature) => signature.replace(/<ds:Transforms>[^]*<\/ds:Transforms>/, '')),
  'canonical form with comments': inSignature((signature) =>
    signature.replaceAll(
      'http://www.w3.org/2001/10/xml-exc-c14n#',
      'http://www.w3.org/2001/10/xml-exc-c14n#WithComments',
    ),
  ),
  'a reference to the whole document': inSignature((signature) => signature.replace(/URI="[^"]*"/, 'URI=""')),
  'a reference without URI': inSignature((signature) => signature.replace(/ URI="[^"]*"/, '')),
  'a reference by xpointer': inSignature((signature) =>
    signature.replace(/URI="#([^"]*)"/, `URI="#xpointer(id('$1'))"`),
  ),
  'a reference with a quote': inSignature((signature) => signature.replace(/URI="#([^"]*)"/, `URI="#$1' or '1'='1"`)),
  'a second reference': inSignature((signature) =>
    signature.replace(
      /<ds:Reference [^]*<\/ds:Reference>/,
      (reference) => reference + reference.replace(/URI="#/, 'URI="#_'),
    ),
  ),
  'CVE-2025-29774: a second SignedInfo': inSignature((signature) =>
    signature.replace(
      /<ds:SignedInfo>[^]*<\/ds:SignedInfo>/,
      (info) => info.replace(/(<ds:DigestValue>)[^<]*/, '$1AAAA') + info,
    ),
  ),
  'CVE-2025-29775: a comment in the DigestValue': inSignature((signature) =>
    signature.replace(/(<ds:DigestValue>)([^<]*)/, '$1<!--AAAA-->$2'),
  ),
  'an element in the DigestValue': inSignature((signature) =>
    signature.replace('<ds:DigestValue>', '<ds:DigestValue><x>AAAA</x>'),
  ),
  'the signature twice': inSignature((signature) => signature + signature),
  'the signature elsewhere': ({ xml, signature }) =>
    xml.replace(signature, '').replace('</samlp:Status>', () => `${signature}</samlp:Status>`),
  'the signature in another namespace': inSignature((signature) =>
    signature.replace('xmlns:ds="http://www.w3.org/2000/09/xmldsig#"', 'xmlns:ds="urn:evil"'),
  ),
}

/** What is said was changed after it was signed. */
const tampering: Readonly<Record<string, Attack>> = {
  'another NameID': changed('alice@example.org</saml:NameID>', `${victim}</saml:NameID>`),
  'one letter less': changed('alice@example.org</saml:NameID>', 'lice@example.org</saml:NameID>'),
  'another attribute': changed('>staff<', '>owners<'),
  'one attribute more': changed(
    '>staff</saml:AttributeValue>',
    '>staff</saml:AttributeValue><saml:AttributeValue>owners</saml:AttributeValue>',
  ),
  'a later end': changed(/ NotOnOrAfter="\d{4}/g, ' NotOnOrAfter="2999'),
  'another audience': changed(/<saml:Audience>[^<]*/, '<saml:Audience>urn:evil'),
  'another recipient': changed(/ Recipient="[^"]*"/, ' Recipient="http://127.0.0.1:3000/evil"'),
  'another destination': changed(/ Destination="[^"]*"/, ' Destination="http://127.0.0.1:3000/evil"'),
  'another issuer': changed(
    /<saml:Issuer[^>]*>[^<]*/g,
    '<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">urn:evil',
  ),
  'another request that is answered': changed(/ InResponseTo="[^"]*"/, ' InResponseTo="_0123456789"'),
  'no request that is answered': changed(/ InResponseTo="[^"]*"/g, ''),
  'another status': changed('status:Success', 'status:Requester'),
  'another SAML version': changed(/ Version="2\.0"/, ' Version="1.1"'),
  'spaces around the name': changed('alice@example.org</saml:NameID>', ' alice@example.org </saml:NameID>'),
  'no assertion': ({ xml, assertion }) => xml.replace(assertion, ''),
  'an assertion that is called another': ({ xml }) => xml.replaceAll('saml:Assertion', 'saml:Advice'),
}

/** What is no message at all, or would be too much of one. */
const malformed: Readonly<Record<string, Attack>> = {
  nothing: () => '',
  'no XML': () => 'hello',
  HTML: () => '<html><body>Service unavailable<br></body></html>',
  'the beginning of a response': ({ xml }) => xml.slice(0, -30),
  'UTF-16': ({ xml }) => Buffer.from(`\uFEFF${xml}`, 'utf16le'),
  'a declaration of UTF-16': ({ xml }) => `<?xml version="1.0" encoding="UTF-16"?>${xml}`,
  'XML 1.1': ({ xml }) => `<?xml version="1.1"?>${xml}`,
  'bytes that are no UTF-8': ({ xml }) => Buffer.concat([Buffer.from(xml), Buffer.from([0xc3, 0x28])]),
  'a NUL': changed('alice@', '\0alice@'),
  'a character reference to NUL': changed('alice@', '&#0;alice@'),
  '20,000 levels': ({ xml }) => within(xml, '<a>'.repeat(20_000) + '</a>'.repeat(20_000)),
  '5,000 elements': ({ xml }) => within(xml, '<a/>'.repeat(5_000)),
  '15,000 attributes': ({ xml }) =>
    within(xml, `<a ${Array.from({ length: 15_000 }, (_, at) => `a${at}=""`).join(' ')}/>`),
  'one megabyte': ({ xml }) => within(xml, ' '.repeat(1_048_576)),
}

export const attacks: Readonly<Record<string, Attack>> = {
  ...wrapping,
  ...differences,
  ...documentTypes,
  ...signatures,
  ...tampering,
  ...malformed,
}
