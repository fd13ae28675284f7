import { inspect } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { ConnectorError } from '@casare/core'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { createSamlLogin, memorySamlCache, type SamlLoginOptions } from '../src/index.ts'
import { signedRedirectUrl } from '../src/message/redirect-url.ts'
import { readOptions } from '../src/options.ts'
import { messageOf } from '../src/start-login.ts'
import { vendorSaml } from '../src/vendor-saml.ts'
import { callbackUrl, decode, encode, keys, makeKeys, provide, refusalOf, type Posted } from './support.ts'

await describeWithPeer('simplesamlphp', {}, (peer) => {
  const minute = 60_000

  test('a response is taken once, by one of many that come at once, and by no other process', async () => {
    const cache = memorySamlCache()
    const { login, logIn, options } = await provide(peer().url, { cache })
    const elsewhere = createSamlLogin(options)
    const posted = await logIn((await login.loginUrl()).url)
    const attempts = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? login : elsewhere).finish(posted))
    const reasons = await Promise.all(attempts.map(refusalOf))
    expect(reasons.filter((one) => one === 'accepted')).toHaveLength(1)
    expect(reasons.filter((one) => one === 'replayed')).toHaveLength(9)
    expect(await refusalOf(elsewhere.finish(posted))).toBe('replayed')
  })

  test('an assertion is not taken for a second request either', async () => {
    // Two processes that share no cache: the replay is not seen, but nobody waits for the answer.
    const { login, logIn, options } = await provide(peer().url)
    const posted = await logIn((await login.loginUrl()).url)
    expect(await refusalOf(createSamlLogin(options).finish(posted))).toBe('not_asked_for')
    expect(await refusalOf(login.finish(posted))).toBe('accepted')
  })

  test('another audience, although signed by the same identity provider', async () => {
    const other = await provide(peer().url)
    const { login, options } = await provide(peer().url)
    const posted = await other.logIn((await other.login.loginUrl()).url)
    expect(await refusalOf(login.finish(posted))).toBe('wrong_audience')
    const asked = createSamlLogin({ ...options, audience: 'https://elsewhere.example' })
    expect(await refusalOf(asked.finish(posted))).toBe('wrong_audience')
  })

  test('another certificate than the configured one, although the message brings the right one along', async () => {
    const { login, logIn, options } = await provide(peer().url)
    const posted = await logIn((await login.loginUrl()).url)
    expect(decode(posted.SAMLResponse)).toContain('X509Certificate')
    const { certificate } = await makeKeys()
    const { identityProvider } = options
    const stranger = createSamlLogin({
      ...options,
      identityProvider: { ...identityProvider, certificates: [certificate] },
    })
    expect(await refusalOf(stranger.finish(posted))).toBe('wrong_signature')
    // While certificates change, both are known.
    const cache = memorySamlCache()
    const certificates = [certificate, ...identityProvider.certificates]
    const changing = createSamlLogin({ ...options, cache, identityProvider: { ...identityProvider, certificates } })
    const again = await logIn((await changing.loginUrl()).url)
    expect(await refusalOf(changing.finish(again))).toBe('accepted')
  })

  test('the clock: expired, not yet valid, and within the skew', async () => {
    let shift = 0
    const { login, logIn } = await provide(peer().url, { now: () => Date.now() + shift, requestLifetimeMs: 86_400_000 })
    const posted = await logIn((await login.loginUrl()).url)
    // The identity provider gives five minutes, and lets an assertion begin half a minute early.
    for (const [ms, reason] of [
      [5 * minute + 6_000, 'expired'],
      [24 * 60 * minute, 'expired'],
      [-6_000 - minute, 'not_yet_valid'],
      [5 * minute + 3_000, 'accepted'],
    ] as const) {
      shift = ms
      expect(await refusalOf(login.finish(posted))).toBe(reason)
    }
  })

  test('the real clock: an assertion of one second, used after two', async () => {
    const { login, logIn } = await provide(peer().url, { clockSkewMs: 0 }, { 'assertion.lifetime': 1 })
    const posted = await logIn((await login.loginUrl()).url)
    await sleep(2_000)
    expect(await refusalOf(login.finish(posted))).toBe('expired')
  })

  test('an old assertion, however long its own time is', async () => {
    let shift = 0
    const { login, logIn } = await provide(
      peer().url,
      { now: () => Date.now() + shift, requestLifetimeMs: 86_400_000, maxAssertionAgeMs: 30 * minute },
      { 'assertion.lifetime': 31_536_000 },
    )
    const posted = await logIn((await login.loginUrl()).url)
    shift = 31 * minute
    expect(await refusalOf(login.finish(posted))).toBe('expired')
    shift = 29 * minute
    expect(await refusalOf(login.finish(posted))).toBe('accepted')
  })

  test('a request that took too long, and its answer', async () => {
    let shift = 0
    const { login, logIn } = await provide(peer().url, { now: () => Date.now() + shift, requestLifetimeMs: minute })
    const posted = await logIn((await login.loginUrl()).url)
    shift = 2 * minute
    expect(await refusalOf(login.finish(posted))).toBe('not_asked_for')
  })

  test('a login that began at the identity provider is refused, unless it is allowed', async () => {
    const closed = await provide(peer().url)
    const open = await provide(peer().url, { allowIdpInitiated: true })
    const start = ({ options }: { options: SamlLoginOptions }): string =>
      `${new URL(peer().url).origin}/saml2/idp/SSOService.php?spentityid=${encodeURIComponent(options.entityId)}&RelayState=%2Fthere`
    expect(await refusalOf(closed.login.finish(await closed.logIn(start(closed))))).toBe('unsolicited')
    const posted = await open.logIn(start(open))
    await expect(open.login.finish(posted)).resolves.toMatchObject({ requestId: undefined, relayState: '/there' })
    expect(await refusalOf(open.login.finish(posted))).toBe('replayed')
    // Allowed or not: an answer must have its question.
    const answer = await open.logIn((await createSamlLogin(open.options).loginUrl()).url)
    expect(await refusalOf(open.login.finish(answer))).toBe('not_asked_for')
  })

  test('the browser that did not ask, and a RelayState changed on its way', async () => {
    const { login, logIn } = await provide(peer().url)
    const [mine, theirs] = [await login.loginUrl({ relayState: '/a' }), await login.loginUrl()]
    const posted = await logIn(mine.url)
    expect(await refusalOf(login.finish(posted, { requestId: theirs.requestId }))).toBe('other_browser')
    expect(await refusalOf(login.finish(posted, { requestId: '' }))).toBe('other_browser')
    expect(await refusalOf(login.finish({ ...posted, RelayState: '/b' }))).toBe('changed_relay_state')
  })

  test('what the identity provider says no to', async () => {
    const { login, logIn, options } = await provide(peer().url)
    const passive = new URL((await login.loginUrl()).url)
    passive.searchParams.set('RelayState', 'x')
    // A request that was changed on its way is refused there: it is signed.
    await expect(logIn(passive.href)).rejects.toThrow(/No form/)
    const vendor = await vendorSaml(readOptions(options), { passive: true })
    const message = messageOf(await vendor.getAuthorizeUrlAsync('', undefined, {}), 'SAMLRequest')
    const target = options.identityProvider.singleSignOn.redirect ?? ''
    const key = readOptions(options).privateKey().key
    const quiet = signedRedirectUrl(target, { kind: 'SAMLRequest', message, relayState: undefined }, key)
    const refused = login.finish(await logIn(quiet))
    await expect(refused).rejects.toMatchObject({
      code: 'unauthenticated',
      vendorCode: 'failed_status',
      message: expect.stringContaining('the user is not logged in there'),
    })
    const wanting = createSamlLogin({ ...options, authnContext: ['urn:oasis:names:tc:SAML:2.0:ac:classes:X509'] })
    expect(await refusalOf(wanting.finish(await logIn((await wanting.loginUrl()).url)))).toBe('weak_authentication')
    const needy = createSamlLogin({ ...options, attributes: { phone: { name: 'telephoneNumber', required: true } } })
    expect(await refusalOf(needy.finish(await logIn((await needy.loginUrl()).url)))).toBe('missing_attribute')
  })

  test('signatures: none, SHA-1, and which of the two are wanted', async () => {
    const sha1 = 'http://www.w3.org/2000/09/xmldsig#rsa-sha1'
    const answer = async (
      settings: Readonly<Record<string, unknown>>,
      further: Partial<SamlLoginOptions> = {},
    ): Promise<string> => {
      const { login, logIn } = await provide(peer().url, further, settings)
      return refusalOf(login.finish(await logIn((await login.loginUrl()).url)))
    }
    const [noResponse, noAssertion] = [{ 'saml20.sign.response': false }, { 'saml20.sign.assertion': false }]
    expect(await answer({ 'signature.algorithm': sha1 })).toBe('weak_signature')
    expect(await answer({ 'signature.algorithm': 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512' })).toBe(
      'accepted',
    )
    expect(await answer(noResponse)).toBe('unsigned')
    expect(await answer(noAssertion)).toBe('unsigned')
    expect(await answer(noResponse, { wantAuthnResponseSigned: false })).toBe('accepted')
    expect(await answer(noAssertion, { wantAssertionsSigned: false })).toBe('accepted')
    const neither = { wantAuthnResponseSigned: false, wantAssertionsSigned: false }
    expect(await answer({ ...noResponse, ...noAssertion }, neither)).toBe('unsigned')
    const { certificate } = await keys()
    const X509Certificate = certificate.replace(/-----[^-]+-----|\s/g, '')
    const both = [{ type: 'X509Certificate', signing: true, encryption: true, X509Certificate }]
    expect(await answer({ 'assertion.encryption': true, keys: both })).toBe('encrypted')
  })

  test('a cache that cannot be reached lets nobody in', async () => {
    const memory = memorySamlCache()
    let broken = false
    const answering = async <Value>(value: () => Promise<Value>): Promise<Value> => {
      if (broken) throw new Error('connect ECONNREFUSED')
      return value()
    }
    const { login, logIn } = await provide(peer().url, {
      cache: {
        put: (key, value, ttlMs) => answering(() => memory.put(key, value, ttlMs)),
        take: (key) => answering(() => memory.take(key)),
      },
    })
    const posted = await logIn((await login.loginUrl()).url)
    broken = true
    await expect(login.finish(posted)).rejects.toMatchObject({ code: 'unavailable', applied: 'no' })
    await expect(login.loginUrl()).rejects.toMatchObject({ code: 'unavailable' })
    broken = false
    expect(await refusalOf(login.finish(posted))).toBe('accepted')
  })

  test('no error holds anything of the assertion', async () => {
    const { login, logIn } = await provide(peer().url)
    const posted = await logIn((await login.loginUrl()).url)
    const changed: Posted[] = [
      { SAMLResponse: encode(decode(posted.SAMLResponse).replaceAll('alice', 'mallory')) },
      { SAMLResponse: encode(decode(posted.SAMLResponse).replace(callbackUrl, 'http://mallory.example')) },
      { SAMLResponse: encode(decode(posted.SAMLResponse).slice(0, -20)) },
      { SAMLResponse: encode(`<!DOCTYPE mallory>${decode(posted.SAMLResponse)}`) },
    ]
    for (const one of changed) {
      const error: unknown = await login.finish(one).catch((reason: unknown) => reason)
      expect(ConnectorError.is(error, 'unauthenticated')).toBe(true)
      expect(inspect(error, { depth: 9 })).not.toMatch(/mallory|alice|saml:/)
    }
  })
})
