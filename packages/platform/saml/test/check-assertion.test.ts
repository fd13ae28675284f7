import { expect, test } from '@jest/globals'
import { checkAssertion } from '../src/check/check-assertion.ts'
import { guarded } from '../src/message/decode-message.ts'
import { readOptions, type ReadyOptions } from '../src/options.ts'
import { readXml } from '../src/xml/read-xml.ts'
import { keys, refusalOf } from './support.ts'

const pair = await keys()
const time = Date.parse('2026-01-01T12:00:00Z')
const options: ReadyOptions = readOptions({
  entityId: 'urn:casare',
  callbackUrl: 'https://casare.example/acs',
  identityProvider: {
    entityId: 'urn:idp',
    certificates: [pair.certificate],
    singleSignOn: { redirect: 'https://idp.example/sso' },
  },
  ...pair,
  now: () => time,
})

/** The octets of a signed assertion, as they are when the signature has been checked. */
const sound = `<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="_1" Version="2.0" IssueInstant="2026-01-01T11:59:59Z">
<Issuer>urn:idp</Issuer>
<Subject><NameID>alice</NameID>
<SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><SubjectConfirmationData NotOnOrAfter="2026-01-01T12:05:00Z" Recipient="https://casare.example/acs" InResponseTo="_2"/></SubjectConfirmation></Subject>
<Conditions NotBefore="2026-01-01T11:59:30Z" NotOnOrAfter="2026-01-01T12:04:00.123Z"><AudienceRestriction><Audience>urn:other</Audience><Audience>urn:casare</Audience></AudienceRestriction></Conditions>
<AuthnStatement SessionIndex="_3" SessionNotOnOrAfter="2026-01-01T20:00:00Z"><AuthnContext><AuthnContextClassRef>urn:password</AuthnContextClassRef></AuthnContext></AuthnStatement>
</Assertion>`

const check = (xml: string, changes: Partial<ReadyOptions> = {}): ReturnType<typeof checkAssertion> =>
  guarded(() => checkAssertion(readXml(xml, { mode: 'strict', maxNodes: 1_000 }), { ...options, ...changes }))

test('what a sound assertion says', () => {
  expect(check(sound)).toEqual({
    id: '_1',
    issuer: 'urn:idp',
    nameId: { value: 'alice', format: undefined, nameQualifier: undefined, spNameQualifier: undefined },
    inResponseTo: '_2',
    sessionIndex: '_3',
    sessionEnds: Date.parse('2026-01-01T20:00:00Z'),
    authnContext: 'urn:password',
    // Until the earliest of its ends, and the skew.
    usableUntil: Date.parse('2026-01-01T12:04:05.123Z'),
  })
})

const bearer = 'Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"'

test.each<[string, string | RegExp, string, string]>([
  ['another issuer', '<Issuer>urn:idp', '<Issuer>urn:other', 'wrong_issuer'],
  ['no issuer', '<Issuer>urn:idp</Issuer>', '', 'malformed'],
  ['two issuers', '</Issuer>', '</Issuer><Issuer>urn:idp</Issuer>', 'malformed'],
  ['no ID', ' ID="_1"', '', 'malformed'],
  ['another version', 'Version="2.0"', 'Version="1.1"', 'malformed'],
  ['another recipient', '/acs"', '/acs/"', 'wrong_destination'],
  ['no recipient', 'Recipient="https://casare.example/acs"', '', 'wrong_destination'],
  ['another method', bearer, 'Method="urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"', 'malformed'],
  ['no confirmation', /<SubjectConfirmation .*<\/SubjectConfirmation>/, '', 'malformed'],
  ['a confirmation without an end', 'NotOnOrAfter="2026-01-01T12:05:00Z" ', '', 'malformed'],
  ['a confirmation that has ended', '12:05:00Z', '11:59:55Z', 'expired'],
  ['a confirmation that has not begun', 'Recipient', 'NotBefore="2026-01-01T12:00:06Z" Recipient', 'not_yet_valid'],
  ['no subject', /<Subject>[^]*<\/Subject>/, '', 'malformed'],
  ['no name', '<NameID>alice</NameID>', '', 'malformed'],
  ['an empty name', 'alice', ' ', 'malformed'],
  ['two names', '</NameID>', '</NameID><NameID>bob</NameID>', 'malformed'],
  ['a name with an element', 'alice', 'alice<x/>', 'malformed'],
  ['an encrypted name', '<NameID>alice</NameID>', '<EncryptedID/>', 'encrypted'],
  ['another audience', '<Audience>urn:casare', '<Audience>urn:casare2', 'wrong_audience'],
  ['an audience in other letters', '<Audience>urn:casare', '<Audience>URN:CASARE', 'wrong_audience'],
  ['no audience', /<AudienceRestriction>.*<\/AudienceRestriction>/, '', 'wrong_audience'],
  [
    'two restrictions, one of others',
    '</Conditions>',
    '<AudienceRestriction><Audience>x</Audience></AudienceRestriction></Conditions>',
    'wrong_audience',
  ],
  ['no conditions', /<Conditions.*<\/Conditions>/, '', 'wrong_audience'],
  ['conditions twice', /(<Conditions.*<\/Conditions>)/, '$1$1', 'malformed'],
  ['conditions that have ended', '12:04:00.123Z', '11:59:55Z', 'expired'],
  ['conditions that have not begun', '11:59:30Z', '12:00:06Z', 'not_yet_valid'],
  ['made in the future', '11:59:59Z', '12:00:06Z', 'not_yet_valid'],
  ['made long ago', 'T11:59:59Z', 'T10:59:55Z', 'expired'],
  ['made never', ' IssueInstant="2026-01-01T11:59:59Z"', '', 'malformed'],
  ['a time without a zone', '12:05:00Z', '12:05:00', 'malformed'],
  ['a time that is none', '2026-01-01T12:05:00Z', '2026-13-41T12:05:00Z', 'malformed'],
  ['a time in words', '2026-01-01T12:05:00Z', 'Infinity', 'malformed'],
  ['no authentication', /<AuthnStatement.*<\/AuthnStatement>/, '', 'malformed'],
  ['a session that has ended', '20:00:00Z', '11:00:00Z', 'expired'],
])('refused: %s', async (_, from, to, reason) => {
  const changed = sound.replace(from, to)
  expect(changed).not.toBe(sound)
  expect(await refusalOf((async () => check(changed))())).toBe(reason)
})

test('one confirmation of several is enough', () => {
  const other = `<SubjectConfirmation ${bearer}><SubjectConfirmationData NotOnOrAfter="2026-01-01T12:05:00Z" Recipient="https://other.example/"/></SubjectConfirmation>`
  expect(check(sound.replace('<SubjectConfirmation', `${other}<SubjectConfirmation`)).inResponseTo).toBe('_2')
})

test('the skew, to the millisecond', async () => {
  const at = (now: number): Promise<string> => refusalOf((async () => check(sound, { now: () => now }))())
  expect(await at(Date.parse('2026-01-01T12:04:05.122Z'))).toBe('accepted')
  expect(await at(Date.parse('2026-01-01T12:04:05.123Z'))).toBe('expired')
  expect(await at(Date.parse('2026-01-01T11:59:54.000Z'))).toBe('accepted')
  expect(await at(Date.parse('2026-01-01T11:59:53.999Z'))).toBe('not_yet_valid')
})
