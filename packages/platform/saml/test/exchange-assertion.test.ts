import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { afterAll, afterEach, expect, jest, test } from '@jest/globals'
import { SAML, ValidateInResponseTo } from '@node-saml/passport-saml'
import Provider, { errors } from 'oidc-provider'
import { Redactor, Secret } from '@casare/core'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { exchangeAssertion, type IdentityProvider } from '../src/index.ts'
import { encode, provide } from './support.ts'

const servers: Server[] = []
const close = (): void => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
}
afterEach(close)
afterAll(close)

async function listen(server: Server): Promise<string> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const grant = 'urn:ietf:params:oauth:grant-type:saml2-bearer'
const clientSecret = 'a secret: with+all/of it%'

/** An authorization server that takes assertions of this identity provider for an audience, as RFC 7522, 3 asks of it. */
async function authorizationServer(identityProvider: IdentityProvider, audience: string): Promise<string> {
  const server = createServer()
  const origin = await listen(server)
  const common = { grant_types: [grant], response_types: [], redirect_uris: [] }
  // It warns of everything that is fit for tests only.
  jest.spyOn(console, 'warn').mockImplementation(() => undefined)
  const provider = new Provider(origin, {
    clients: [
      {
        client_id: 'confidential client',
        client_secret: clientSecret,
        token_endpoint_auth_method: 'client_secret_basic',
        ...common,
      },
      { client_id: 'public', token_endpoint_auth_method: 'none', ...common },
      { client_id: 'other', token_endpoint_auth_method: 'none', ...common, grant_types: [] },
    ],
    scopes: ['openid', 'orders'],
    ttl: { AccessToken: 60 },
  })
  const used = new Set<string>()
  const handler: Parameters<Provider['registerGrantType']>[1] = async (context) => {
    const { client, params } = context.oidc
    if (!/^[\w-]+$/.test(String(params?.['assertion'])))
      throw new errors.InvalidRequest('not base64url (RFC 7522, 2.1)')
    const xml = Buffer.from(String(params?.['assertion']), 'base64url').toString()
    const saml = new SAML({
      issuer: audience,
      callbackUrl: origin,
      idpCert: [...identityProvider.certificates],
      wantAuthnResponseSigned: false,
      validateInResponseTo: ValidateInResponseTo.never,
    })
    const response = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">${xml}</samlp:Response>`
    const { profile } = await saml.validatePostResponseAsync({ SAMLResponse: encode(response) }).catch(() => {
      throw new errors.InvalidGrant(`not an assertion that we take: ${xml.slice(0, 200)}`)
    })
    const token = new provider.AccessToken({
      client: client ?? never(),
      accountId: profile?.nameID ?? never(),
      grantId: 'saml',
      gty: 'saml',
      scope: typeof params?.['scope'] === 'string' ? params['scope'] : 'orders',
    })
    if (token.scope !== 'orders') throw new errors.InvalidScope('no such scope', String(token.scope))
    if (used.has(xml)) throw new errors.InvalidGrant('used')
    used.add(xml)
    context.body = {
      access_token: await token.save(),
      expires_in: token.expiration,
      token_type: 'Bearer',
      scope: token.scope,
    }
  }
  provider.registerGrantType(grant, handler, ['assertion', 'scope'])
  server.on('request', provider.callback())
  return `${origin}/token`
}

function never(): never {
  throw new Error('Not there.')
}

await describeWithPeer('simplesamlphp', {}, (peer) => {
  /** The assertion of a login, of either kind of signing, for this audience. */
  async function assertionFor(
    settings: Readonly<Record<string, unknown>> = {},
    wantAuthnResponseSigned = true,
  ): Promise<{ readonly assertion: Secret; readonly identityProvider: IdentityProvider; readonly entityId: string }> {
    const { login, logIn, options } = await provide(peer().url, { wantAuthnResponseSigned }, settings)
    const { assertion } = await login.finish(await logIn((await login.loginUrl()).url))
    return { assertion, identityProvider: options.identityProvider, entityId: options.entityId }
  }

  test('a real assertion for a token, by a client with a secret and by one without', async () => {
    const redactor = new Redactor()
    const { assertion, identityProvider, entityId } = await assertionFor()
    const tokenEndpoint = await authorizationServer(identityProvider, entityId)
    const now = (): number => Date.parse('2026-01-01T00:00:00Z')
    const token = await exchangeAssertion({
      ...{ tokenEndpoint, assertion, clientId: 'confidential client', clientSecret: new Secret(clientSecret) },
      ...{ scopes: ['orders'], redactor, now },
    })
    expect(token).toMatchObject({ tokenType: 'Bearer', scopes: ['orders'], refreshToken: undefined })
    expect(token.expiresAt).toBe('2026-01-01T00:01:00.000Z')
    expect(token.accessToken.reveal()).toMatch(/^\S{20,}$/)
    expect(inspect(token)).not.toContain(token.accessToken.reveal())
    expect(redactor.text(`token=${token.accessToken.reveal()}`)).toBe('token=[secret]')

    // The signature holds on an assertion that is cut out of a response that is not signed itself, too.
    const second = await assertionFor({ 'saml20.sign.response': false }, false)
    const elsewhere = await authorizationServer(second.identityProvider, second.entityId)
    const plain = await exchangeAssertion({ tokenEndpoint: elsewhere, assertion: second.assertion, clientId: 'public' })
    expect(plain.scopes).toEqual(['orders'])
  })

  test('what an authorization server refuses, without a word of the assertion', async () => {
    const { assertion, identityProvider, entityId } = await assertionFor()
    const tokenEndpoint = await authorizationServer(identityProvider, entityId)
    const elsewhere = await authorizationServer(identityProvider, 'urn:other')
    const asked = { tokenEndpoint, assertion, clientId: 'public' }
    const failure = async (changes: Partial<Parameters<typeof exchangeAssertion>[0]>): Promise<unknown> => {
      const error: unknown = await exchangeAssertion({ ...asked, ...changes }).catch((reason: unknown) => reason)
      expect(inspect(error, { depth: 9 })).not.toMatch(/alice|saml:|wrong secret/)
      return error
    }
    const tampered = new Secret(assertion.reveal().replaceAll('alice', 'mallory'))
    const refused = { code: 'unauthenticated', vendorCode: 'invalid_grant', applied: 'no' }
    expect(await failure({ assertion: tampered })).toMatchObject(refused)
    expect(await failure({ tokenEndpoint: elsewhere })).toMatchObject(refused)
    const wrong = { clientId: 'confidential client', clientSecret: 'wrong secret' }
    expect(await failure(wrong)).toMatchObject({ code: 'unauthenticated', vendorCode: 'invalid_client' })
    expect(await failure({ clientId: 'nobody' })).toMatchObject({
      code: 'unauthenticated',
      vendorCode: 'invalid_client',
    })
    expect(await failure({ clientId: 'other' })).toMatchObject({ code: 'invalid_input', vendorCode: 'invalid_request' })
    expect(await failure({ scopes: ['everything'] })).toMatchObject({
      code: 'invalid_input',
      vendorCode: 'invalid_scope',
    })
    expect(await failure({ tokenEndpoint: tokenEndpoint.replace('/token', '/nothing') })).toMatchObject({
      code: 'not_found',
    })
    // Nothing of that has used it up.
    await expect(exchangeAssertion(asked)).resolves.toMatchObject({ tokenType: 'Bearer' })
    expect(await failure({})).toMatchObject(refused)
  })
})

test('an endpoint that answers something else, or elsewhere, or not at all', async () => {
  const assertion = new Secret('<saml:Assertion/>')
  const answers = async (status: number, type: string, body: string, headers = {}): Promise<unknown> => {
    const server = createServer((_, response) =>
      response.writeHead(status, { 'content-type': type, ...headers }).end(body),
    )
    const tokenEndpoint = `${await listen(server)}/token`
    return exchangeAssertion({ tokenEndpoint, assertion }).catch((reason: unknown) => reason)
  }
  expect(await answers(200, 'text/html', '<html>Sign in</html>')).toMatchObject({ code: 'internal' })
  expect(await answers(200, 'application/json', '{}')).toMatchObject({ code: 'internal', message: /access_token/ })
  expect(await answers(200, 'application/json', 'null')).toMatchObject({ code: 'internal' })
  expect(await answers(200, 'application/json', '{"access_token":7,"token_type":"Bearer"}')).toMatchObject({
    code: 'internal',
  })
  const endless = '{"access_token":"abcdefgh","token_type":"Bearer","expires_in":1e99}'
  expect(await answers(200, 'application/json', endless)).toMatchObject({ expiresAt: undefined })
  const error = (code: string): string => JSON.stringify({ error: code, error_description: '<saml:Assertion/>' })
  expect(await answers(400, 'application/json', error('unauthorized_client'))).toMatchObject({
    code: 'permission_denied',
    message: expect.not.stringContaining('saml:'),
  })
  expect(await answers(400, 'application/json', error('unsupported_grant_type'))).toMatchObject({ code: 'unsupported' })
  expect(await answers(400, 'application/json', error('toString'))).toMatchObject({ code: 'invalid_input' })
  expect(await answers(503, 'text/plain', 'later')).toMatchObject({ code: 'unavailable' })
  expect(await answers(302, 'text/plain', '', { location: 'http://127.0.0.1:1/steal' })).toMatchObject({
    code: 'internal',
  })
  const closed = await listen(createServer())
  close()
  const refused = exchangeAssertion({ tokenEndpoint: closed, assertion })
  await expect(refused).rejects.toMatchObject({ code: 'unavailable', applied: 'no' })
})

test('plaintext, a bare string, a secret of nobody, and a call that is given up', async () => {
  const assertion = new Secret('<saml:Assertion/>')
  const tokenEndpoint = 'http://login.example/token'
  await expect(exchangeAssertion({ tokenEndpoint, assertion })).rejects.toMatchObject({ code: 'invalid_input' })
  const bare = { tokenEndpoint, assertion: '<saml:Assertion/>' as unknown as Secret }
  await expect(exchangeAssertion(bare)).rejects.toMatchObject({ code: 'invalid_input' })
  const nobody = { tokenEndpoint: 'https://login.example/token', assertion, clientSecret: 'x' }
  await expect(exchangeAssertion(nobody)).rejects.toMatchObject({ code: 'invalid_input' })
  const silent = await listen(createServer(() => undefined))
  const controller = new AbortController()
  const waiting = exchangeAssertion({ tokenEndpoint: silent, assertion, signal: controller.signal })
  setTimeout(() => controller.abort(), 50)
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' })
})
