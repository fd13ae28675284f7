import { createPrivateKey } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { expect, test } from '@jest/globals'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { createSamlLogin, type SamlIdentity } from '../src/index.ts'
import { signedRedirectUrl } from '../src/message/redirect-url.ts'
import { formOf, type Browser } from './browser.ts'
import { decode, encode, keys, logoutCallbackUrl, makeKeys, provide, refusalOf, type Provider } from './support.ts'

await describeWithPeer('simplesamlphp', {}, (peer) => {
  /** A visitor who is logged in. */
  async function visit(
    provider: Provider,
  ): Promise<{ readonly browser: Browser; readonly identity: SamlIdentity<unknown> }> {
    const browser = provider.browser()
    const { url } = await provider.login.loginUrl()
    const { username } = new URL(peer().url)
    return { browser, identity: await provider.login.finish(await provider.logIn(url, username, browser)) }
  }

  /** Does the identity provider still know the visitor? */
  async function isKnown({ login }: Provider, browser: Browser): Promise<boolean> {
    const { html } = await browser.go((await login.loginUrl()).url)
    return html.includes('SAMLResponse')
  }

  const queryOf = (url: string): string => {
    expect(url).toMatch(new RegExp(`^${logoutCallbackUrl}\\?`))
    return new URL(url).search
  }

  test('a logout that begins here', async () => {
    const provider = await provide(peer().url)
    const { browser, identity } = await visit(provider)
    expect(await isKnown(provider, browser)).toBe(true)
    const { url, requestId } = await provider.login.logoutUrl({ ...identity, relayState: '/bye (now)' })
    const query = queryOf((await browser.go(url)).url)
    const finished = { kind: 'finished', relayState: '/bye (now)', requestId }
    expect(await provider.login.finishLogout({ query })).toEqual(finished)
    expect(await isKnown(provider, browser)).toBe(false)
    expect(await refusalOf(provider.login.finishLogout({ query }))).toBe('not_asked_for')
  })

  test('a logout that begins at the identity provider', async () => {
    const provider = await provide(peer().url)
    const { browser, identity } = await visit(provider)
    const { origin } = new URL(peer().url)
    const back = `${origin}/module.php/core/frontpage_welcome.php`
    const start = `${origin}/saml2/idp/SingleLogoutService.php?ReturnTo=${encodeURIComponent(back)}`
    const query = queryOf((await browser.go(start)).url)
    const result = await provider.login.finishLogout({ query })
    if (result.kind !== 'requested') throw new Error('No request.')
    expect(result).toMatchObject({
      nameId: 'alice@example.org',
      sessionIndexes: [identity.sessionIndex],
      issuer: identity.issuer,
    })
    // The answer is signed, and understood there.
    expect((await browser.go(await result.answerUrl(true))).url).toBe(back)
    expect(await isKnown(provider, browser)).toBe(false)
    expect(await refusalOf(provider.login.finishLogout({ query }))).toBe('replayed')
  })

  test('both by the POST binding', async () => {
    const binding = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'
    const endpoint = [{ Binding: binding, Location: logoutCallbackUrl }]
    const provider = await provide(peer().url, {}, { SingleLogoutService: endpoint })
    const { login } = provider
    const first = await visit(provider)
    const answer = formOf((await first.browser.go((await login.logoutUrl(first.identity)).url)).html).fields
    expect(await refusalOf(login.finishLogout({ form: { SAMLResponse: unsigned(answer['SAMLResponse']) } }))).toBe(
      'unsigned',
    )
    const changed = encode(decode(answer['SAMLResponse'] ?? '').replace(/ IssueInstant="\d{4}/, ' IssueInstant="2999'))
    expect(await refusalOf(login.finishLogout({ form: { SAMLResponse: changed } }))).toBe('wrong_signature')
    await expect(login.finishLogout({ form: answer })).resolves.toMatchObject({ kind: 'finished' })

    const second = await visit(provider)
    const { origin } = new URL(peer().url)
    const start = `${origin}/saml2/idp/SingleLogoutService.php?ReturnTo=${encodeURIComponent(origin)}`
    const request = formOf((await second.browser.go(start)).html).fields
    const other = encode(decode(request['SAMLRequest'] ?? '').replace('alice@', 'mallory@'))
    expect(await refusalOf(login.finishLogout({ form: { SAMLRequest: other } }))).toBe('wrong_signature')
    const commented = encode(decode(request['SAMLRequest'] ?? '').replace('alice@', 'alice<!---->@'))
    expect(await refusalOf(login.finishLogout({ form: { SAMLRequest: commented } }))).toBe('malformed')
    await expect(login.finishLogout({ form: request })).resolves.toMatchObject({ nameId: 'alice@example.org' })
    expect(await refusalOf(login.finishLogout({ form: request }))).toBe('replayed')
  })

  test('queries that must not pass', async () => {
    let shift = 0
    const provider = await provide(peer().url, { now: () => Date.now() + shift })
    const { login, options } = provider
    const { browser, identity } = await visit(provider)
    const { url } = await login.logoutUrl({ ...identity, relayState: 'here' })
    const query = queryOf((await browser.go(url)).url)
    const parameters = new URLSearchParams(query)
    const edited = (edit: (copy: URLSearchParams) => void): string => {
      const copy = new URLSearchParams(query)
      edit(copy)
      return copy.toString()
    }
    const message = inflateRawSync(Buffer.from(parameters.get('SAMLResponse') ?? '', 'base64')).toString()
    const deflated = (xml: string): string => deflateRawSync(xml).toString('base64')
    const sha1 = 'http://www.w3.org/2000/09/xmldsig#rsa-sha1'
    const answers = {
      'no signature': [edited((one) => one.delete('Signature')), 'unsigned'],
      'no signature, no algorithm': [edited((one) => (one.delete('Signature'), one.delete('SigAlg'))), 'unsigned'],
      'an empty signature': [edited((one) => one.set('Signature', '')), 'wrong_signature'],
      'SHA-1': [edited((one) => one.set('SigAlg', sha1)), 'weak_signature'],
      'an algorithm by another name': [edited((one) => one.set('SigAlg', 'SHA256')), 'weak_signature'],
      'another RelayState': [edited((one) => one.set('RelayState', 'there')), 'wrong_signature'],
      'no RelayState': [edited((one) => one.delete('RelayState')), 'wrong_signature'],
      'another message': [
        edited((one) => one.set('SAMLResponse', deflated(message.replace('Success', 'Requester')))),
        'wrong_signature',
      ],
      'a message twice': [`${query}&SAMLResponse=${encodeURIComponent(deflated(message))}`, 'malformed'],
      'a message by another spelling': [`${query}&SAML%52esponse=x`, 'malformed'],
      'a parameter that contains the name of another': [`?xSAMLResponse=x&${query.slice(1)}`, 'accepted later'],
      'a request and a response': [`${query}&SAMLRequest=x`, 'malformed'],
      'a response called a request': [query.replace('SAMLResponse=', 'SAMLRequest='), 'wrong_signature'],
      'a bad escape': [query.replace('Signature=', 'Signature=%zz'), 'malformed'],
      nothing: ['', 'malformed'],
    } as const
    for (const [name, [given, reason]] of Object.entries(answers)) {
      if (reason === 'accepted later') continue
      expect({ name, reason: await refusalOf(login.finishLogout({ query: given })) }).toEqual({ name, reason })
    }
    const { certificate } = await makeKeys()
    const identityProvider = { ...options.identityProvider, certificates: [certificate] }
    const stranger = createSamlLogin({ ...options, identityProvider })
    expect(await refusalOf(stranger.finishLogout({ query }))).toBe('wrong_signature')
    const elsewhere = createSamlLogin({ ...options, logoutCallbackUrl: 'http://127.0.0.1:3000/other' })
    expect(await refusalOf(elsewhere.finishLogout({ query }))).toBe('wrong_destination')
    const nowhere = createSamlLogin({ ...options, logoutCallbackUrl: undefined })
    expect(await refusalOf(nowhere.finishLogout({ query }))).toBe('wrong_destination')
    const renamed = createSamlLogin({
      ...options,
      identityProvider: { ...options.identityProvider, entityId: 'urn:other' },
    })
    expect(await refusalOf(renamed.finishLogout({ query }))).toBe('wrong_issuer')
    expect(await refusalOf(createSamlLogin(options).finishLogout({ query }))).toBe('not_asked_for')
    shift = 11 * 60_000
    expect(await refusalOf(login.finishLogout({ query }))).toBe('expired')
    shift = -60_000
    expect(await refusalOf(login.finishLogout({ query }))).toBe('not_yet_valid')
    shift = 0
    const [padded] = answers['a parameter that contains the name of another']
    await expect(login.finishLogout({ query: padded })).resolves.toMatchObject({ kind: 'finished' })
  })

  test('a login is no logout, and a logout no login', async () => {
    const provider = await provide(peer().url)
    const { login } = provider
    const posted = await provider.logIn((await login.loginUrl()).url)
    expect(await refusalOf(login.finishLogout({ form: posted }))).toBe('malformed')
    expect(await refusalOf(login.finishLogout({ form: { SAMLRequest: posted.SAMLResponse } }))).toBe('malformed')
    expect(await refusalOf(login.finishLogout({ form: { ...posted, SAMLRequest: posted.SAMLResponse } }))).toBe(
      'malformed',
    )
    expect(await refusalOf(login.finishLogout({ form: {} }))).toBe('malformed')
    expect(await refusalOf(login.finish(posted))).toBe('accepted')
  })

  test('a message of another kind, although signed', async () => {
    // We are the identity provider here: a real one signs no such thing.
    const { options } = await provide(peer().url)
    const { privateKey, certificate } = await keys()
    const identityProvider = { ...options.identityProvider, certificates: [certificate] }
    const login = createSamlLogin({ ...options, identityProvider })
    const signed = (kind: 'SAMLRequest' | 'SAMLResponse', element: string): string => {
      const xml = `<samlp:${element} xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1" Version="2.0" IssueInstant="${new Date().toISOString()}" Destination="${logoutCallbackUrl}"><Issuer xmlns="urn:oasis:names:tc:SAML:2.0:assertion">${identityProvider.entityId}</Issuer><NameID xmlns="urn:oasis:names:tc:SAML:2.0:assertion">alice</NameID></samlp:${element}>`
      const message = deflateRawSync(xml).toString('base64')
      return new URL(
        signedRedirectUrl(logoutCallbackUrl, { kind, message, relayState: undefined }, createPrivateKey(privateKey)),
      ).search
    }
    for (const element of ['LogoutResponse', 'AuthnRequest', 'Response', 'ArtifactResolve']) {
      expect(await refusalOf(login.finishLogout({ query: signed('SAMLRequest', element) }))).toBe('malformed')
    }
    expect(await refusalOf(login.finishLogout({ query: signed('SAMLResponse', 'LogoutRequest') }))).toBe('malformed')
    const large = new URLSearchParams({ SAMLRequest: deflateRawSync('x'.repeat(50_000_000)).toString('base64') })
    expect(await refusalOf(login.finishLogout({ query: `?${large.toString()}` }))).toBe('unsigned')
    const bomb = { kind: 'SAMLRequest', message: large.get('SAMLRequest') ?? '', relayState: undefined } as const
    const { search } = new URL(signedRedirectUrl(logoutCallbackUrl, bomb, createPrivateKey(privateKey)))
    expect(await refusalOf(login.finishLogout({ query: search }))).toBe('too_large')
    const sound = signed('SAMLRequest', 'LogoutRequest')
    await expect(login.finishLogout({ query: sound })).resolves.toMatchObject({ kind: 'requested', nameId: 'alice' })
  })

  test('an identity provider without a logout URL', async () => {
    const { options } = await provide(peer().url)
    const identityProvider = { ...options.identityProvider, singleLogout: undefined }
    const login = createSamlLogin({ ...options, identityProvider })
    await expect(login.logoutUrl({ nameId: 'alice' })).rejects.toMatchObject({ code: 'unsupported' })
  })
})

function unsigned(message: string | undefined): string {
  return encode(decode(message ?? '').replace(/<ds:Signature[^]*<\/ds:Signature>/, ''))
}
