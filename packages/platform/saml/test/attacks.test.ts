import { expect, test } from '@jest/globals'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { readXml } from '../src/xml/read-xml.ts'
import { attacks, partsOf, wrapping } from './attacks.ts'
import { decode, provide, refusalOf } from './support.ts'

/** Which of the two signatures the identity provider makes and the service provider wants. */
const kinds = {
  both: [{}, {}],
  'the assertion only': [{ wantAuthnResponseSigned: false }, { 'saml20.sign.response': false }],
  'the response only': [{ wantAssertionsSigned: false }, { 'saml20.sign.assertion': false }],
} as const

await describeWithPeer('simplesamlphp', {}, (peer) => {
  let [tried, accepted] = [0, 0]

  test.each(Object.entries(kinds))('attacks on a response with a signature on %s', async (_, [further, settings]) => {
    const { login, logIn } = await provide(peer().url, further, settings)
    const posted = await logIn((await login.loginUrl()).url)
    const parts = partsOf(decode(posted.SAMLResponse))
    // These are about structure: that they are read at all is what makes them attacks.
    for (const attack of Object.values(wrapping)) readXml(String(attack(parts)), { mode: 'strict', maxNodes: 4_000 })
    const answers: Record<string, string> = {}
    for (const [name, attack] of Object.entries(attacks)) {
      const SAMLResponse = Buffer.from(attack(parts)).toString('base64')
      expect({ name, same: SAMLResponse === posted.SAMLResponse }).toEqual({ name, same: false })
      answers[name] = await refusalOf(login.finish({ ...posted, SAMLResponse }))
      tried += 1
    }
    const through = Object.keys(answers).filter((name) => answers[name] === 'accepted')
    accepted += through.length
    expect(through).toEqual([])
    // None was refused because of its request: the true response is still good after all of them.
    expect(await refusalOf(login.finish(posted))).toBe('accepted')
  })

  test('none of them was accepted', () => {
    process.stdout.write(`SAML attacks: ${accepted} of ${tried} accepted\n`)
    expect(accepted).toBe(0)
    expect(tried).toBe(3 * Object.keys(attacks).length)
  })
})
