import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ConnectorError, Redactor, Secret } from '@casare/core'
import { createAuthority, createCertificate } from '@casare/testing'
import { loopbackRedirect, OAuthClient, remoteKeySet, verifyJwt, type OAuthClientOptions } from '@casare/auth'
import { startProvider, type TestProvider } from './support/provider.ts'

let provider: TestProvider
const open: OAuthClient[] = []
beforeAll(async () => {
  provider = await startProvider()
})
afterAll(async () => {
  await Promise.all(open.map((client) => client.close()))
  await provider[Symbol.asyncDispose]()
})

function client(options: Partial<OAuthClientOptions> = {}): OAuthClient {
  const one = new OAuthClient({
    issuer: provider.issuer,
    clientId: 'basic',
    authentication: { kind: 'secret_basic', secret: new Secret('basic:secret/+=% &') },
    ...options,
  })
  open.push(one)
  return one
}
const publicClient = (more: Partial<OAuthClientOptions> = {}): OAuthClient =>
  client({ clientId: 'public', authentication: { kind: 'none' }, ...more })

async function failure(promise: Promise<unknown>): Promise<ConnectorError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (ConnectorError.is(error)) return error
  throw new Error(`it did not fail as it should: ${String(error)}`)
}

describe('client credentials', () => {
  test.each([
    ['secret in the header, with characters that must be encoded', {}],
    [
      'secret in the body',
      { clientId: 'post', authentication: { kind: 'secret_post', secret: new Secret('post-secret-1') } },
    ],
  ] as [string, Partial<OAuthClientOptions>][])('%s', async (_name, options) => {
    const tokens = await client(options).clientCredentials({ scope: 'read' })
    expect(tokens).toMatchObject({ tokenType: 'bearer', scope: 'read' })
    expect((tokens.expiresAt ?? 0) - tokens.obtainedAt).toBe(60_000)
    expect(tokens.refreshToken).toBeUndefined()
    expect(JSON.stringify(tokens)).not.toContain(tokens.accessToken.reveal())
  })

  test('a signed assertion of the client', async () => {
    const key = new Secret(provider.clientKey)
    const signed = client({ clientId: 'signed', authentication: { kind: 'private_key_jwt', key, keyId: 'c1' } })
    expect((await signed.clientCredentials({ scope: 'read' })).accessToken.reveal()).not.toBe('')
  })

  test('a token for a resource is a JWT that its resource can verify', async () => {
    const { accessToken } = await client().clientCredentials({ scope: 'read', resource: 'https://api.example' })
    const keys = remoteKeySet({ url: `${provider.issuer}/jwks` })
    const claims = await verifyJwt(accessToken, {
      keys,
      algorithms: ['RS256'],
      issuer: provider.issuer,
      audience: 'https://api.example',
      type: 'at+jwt',
    })
    expect(claims).toMatchObject({ client_id: 'basic', scope: 'read' })
    await keys.close()
  })

  test('wrong secrets, unknown clients, wrong scopes: which and what to do, never what it was', async () => {
    const wrong = client({ authentication: { kind: 'secret_basic', secret: new Secret('wrong-secret-value') } })
    const error = await failure(wrong.clientCredentials())
    expect(error).toMatchObject({ code: 'unauthenticated', applied: 'no', retryable: false })
    expect(error.message).toMatch(/credentials are wrong/)
    expect(error.message + JSON.stringify(error)).not.toContain('wrong-secret-value')
    expect(await failure(client({ clientId: 'nobody' }).clientCredentials())).toMatchObject({ code: 'unauthenticated' })
    const secret = new Secret('post-secret-1')
    const limited = client({ clientId: 'post', authentication: { kind: 'secret_post', secret } })
    expect(await failure(limited.clientCredentials({ scope: 'write' }))).toMatchObject({
      code: 'invalid_input',
      vendorCode: 'invalid_scope',
    })
  })

  test('settings that cannot work are refused at once', () => {
    const make = (options: object) => () => new OAuthClient({ clientId: 'x', ...options })
    expect(make({})).toThrow(/one of issuer and endpoints/)
    expect(make({ issuer: 'https://a.example', endpoints: { token: 'https://a.example/t' } })).toThrow(/one of/)
    expect(make({ issuer: 'https://a.example', clientId: '' })).toThrow(/clientId/)
    expect(make({ issuer: 'https://a.example', clockSkewS: 301 })).toThrow(/clockSkewS/)
    expect(make({ issuer: 'https://a.example', authentication: { kind: 'mtls' } })).toThrow(/certificate/)
    const key = new Secret('not a key')
    expect(make({ issuer: 'https://a.example', authentication: { kind: 'private_key_jwt', key } })).toThrow(
      /cannot be read/,
    )
  })
})

describe('a server that misbehaves', () => {
  const answering = async (status: number, type: string, text: string): Promise<ConnectorError> => {
    provider.intercept = (request, response) => {
      if (request.url !== '/token') return false
      response.writeHead(status, { 'content-type': type })
      response.end(text)
      return true
    }
    try {
      return await failure(client().clientCredentials())
    } finally {
      provider.intercept = undefined
    }
  }

  test('HTML, errors, nonsense and too much', async () => {
    expect(await answering(200, 'text/html', '<html>login</html>')).toMatchObject({
      code: 'internal',
      message: expect.stringContaining('no JSON'),
    })
    expect(await answering(503, 'text/html', '<html>down</html>')).toMatchObject({
      code: 'unavailable',
      retryable: false,
      status: 503,
    })
    expect(await answering(429, 'application/json', '{}')).toMatchObject({ code: 'rate_limited' })
    expect((await answering(200, 'application/json', '{"access_token":1}')).code).toBe('internal')
    expect((await answering(200, 'application/json', '{')).code).toBe('internal')
    expect(
      await answering(400, 'application/json', '{"error":"invalid_grant","error_description":"gone"}'),
    ).toMatchObject({
      code: 'unauthenticated',
      vendorCode: 'invalid_grant',
      message: expect.stringContaining('The server says: gone'),
    })
    const large = await answering(200, 'application/json', JSON.stringify({ access_token: 'x'.repeat(2_000_000) }))
    expect(large.code).not.toBe('unauthenticated')
    const redirected = await answering(302, 'text/plain', '')
    expect(redirected.code).toBe('internal')
  })

  test('no discovery, another issuer, nobody there, plaintext to strangers', async () => {
    expect(await failure(client({ issuer: `${provider.issuer}/nowhere` }).clientCredentials())).toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('name the endpoints'),
    })
    const other = provider.issuer.replace('127.0.0.1', 'localhost')
    expect(await failure(client({ issuer: other }).clientCredentials())).toMatchObject({
      message: expect.stringContaining('another issuer'),
    })
    expect(await failure(client({ issuer: 'http://127.0.0.1:1' }).clientCredentials())).toMatchObject({
      code: 'unavailable',
      applied: 'no',
    })
    expect(await failure(client({ issuer: 'http://idp.example' }).clientCredentials())).toMatchObject({
      code: 'invalid_input',
    })
  })
})

describe('a login by authorization code', () => {
  test('PKCE, state, nonce, ID token; then refresh with rotation, introspection, revocation', async () => {
    const redactor = new Redactor()
    const one = publicClient({ redactor })
    await using redirect = await loopbackRedirect()
    const pending = await one.startCodeLogin({
      redirectUri: redirect.redirectUri,
      scope: 'openid offline_access',
      parameters: { prompt: 'consent' },
    })
    expect(new URL(pending.url).searchParams.get('code_challenge_method')).toBe('S256')
    const back = await provider.login(pending.url)
    // What the browser would ask for.
    await fetch(back)
    const tokens = await one.finishCodeLogin(await redirect.callback, pending)
    expect(tokens.idToken).toBeDefined()
    expect(tokens.refreshToken).toBeDefined()
    expect(redactor.text(`a ${tokens.accessToken.reveal()} b`)).toBe('a [secret] b')
    const refreshToken = tokens.refreshToken as Secret
    const next = await one.refresh(refreshToken)
    expect(next.refreshToken?.reveal()).not.toBe(refreshToken.reveal())
    const confidential = client()
    expect(await confidential.introspect(next.accessToken)).toMatchObject({
      active: true,
      clientId: 'public',
      subject: 'söme-user',
    })
    // Used twice: the server takes the grant away.
    expect(await failure(one.refresh(refreshToken))).toMatchObject({
      code: 'unauthenticated',
      vendorCode: 'invalid_grant',
    })
    expect(await failure(one.refresh(next.refreshToken as Secret))).toMatchObject({ vendorCode: 'invalid_grant' })
  })

  test('pushed, and revoked', async () => {
    const one = publicClient()
    const pending = await one.startCodeLogin({
      redirectUri: provider.redirectUri,
      scope: 'openid offline_access',
      pushed: true,
      parameters: { prompt: 'consent' },
    })
    expect([...new URL(pending.url).searchParams.keys()].sort()).toEqual(['client_id', 'request_uri'])
    const tokens = await one.finishCodeLogin(await provider.login(pending.url), pending)
    await one.revoke(tokens.refreshToken as Secret)
    expect(await failure(one.refresh(tokens.refreshToken as Secret))).toMatchObject({ vendorCode: 'invalid_grant' })
    expect(await client().introspect(tokens.refreshToken as Secret)).toEqual({ active: false })
  })

  test('a callback of another login, of an attacker, a refusal, and a code used twice', async () => {
    const one = publicClient()
    const start = () => one.startCodeLogin({ redirectUri: provider.redirectUri, scope: 'openid' })
    const [first, second] = [await start(), await start()]
    const back = await provider.login(first.url)
    expect((await failure(one.finishCodeLogin(back, second))).code).toBe('internal')
    const forged = new URL(back)
    forged.searchParams.set('iss', 'https://evil.example')
    expect((await failure(one.finishCodeLogin(forged, first))).code).toBe('internal')
    const refused = new URL(back)
    refused.searchParams.delete('code')
    refused.searchParams.set('error', 'access_denied')
    expect(await failure(one.finishCodeLogin(refused, first))).toMatchObject({
      code: 'permission_denied',
      vendorCode: 'access_denied',
    })
    await one.finishCodeLogin(back, first)
    expect(await failure(one.finishCodeLogin(back, first))).toMatchObject({
      code: 'unauthenticated',
      vendorCode: 'invalid_grant',
    })
  })

  test('the place that the browser comes back to answers nobody else', async () => {
    const redirect = await loopbackRedirect({ timeoutMs: 20 })
    const { redirectUri } = redirect
    expect((await fetch(new URL('/other?code=1', redirectUri))).status).toBe(404)
    expect((await fetch(redirectUri)).status).toBe(404)
    expect((await fetch(`${redirectUri}?code=1`, { method: 'POST' })).status).toBe(404)
    const elsewhere = redirectUri.replace('127.0.0.1', 'localhost')
    expect(
      await fetch(`${elsewhere}?code=1`).then(
        ({ status }) => status,
        () => 404,
      ),
    ).toBe(404)
    await expect(redirect.callback).rejects.toMatchObject({ code: 'timeout' })
    await redirect.close()
  })
})

describe('a login on another device', () => {
  test('is waited for, and can be given up', async () => {
    const one = publicClient()
    const pending = await one.startDeviceLogin({ scope: 'openid offline_access' })
    expect(pending.userCode).toMatch(/^[A-Z0-9-]{8,}$/)
    const quick = { ...pending, intervalMs: 20 }
    const confirmed = provider.login(pending.verificationUriComplete as string)
    const tokens = await one.finishDeviceLogin(quick)
    await confirmed
    expect(tokens.refreshToken).toBeDefined()
    const given = new AbortController()
    const waiting = one.finishDeviceLogin(await one.startDeviceLogin(), { signal: given.signal })
    given.abort()
    expect(await failure(waiting)).toMatchObject({ code: 'cancelled' })
    const late = { ...(await one.startDeviceLogin()), expiresAt: 0, intervalMs: 1 }
    expect(await failure(one.finishDeviceLogin(late))).toMatchObject({ code: 'unauthenticated' })
  })
})

describe('further grants', () => {
  test('a signed assertion, as Google and Salesforce want it; one token for another', async () => {
    const key = new Secret(provider.clientKey)
    const assertion = { issuer: 'service@project.example', subject: 'user@example', key, keyId: 'c1' }
    expect(await client().jwtBearer(assertion, { scope: 'read' })).toMatchObject({ tokenType: 'bearer' })
    expect(
      await client().exchangeToken({ subjectToken: new Secret('another token') }, { scope: 'read' }),
    ).toMatchObject({
      scope: 'read',
    })
    expect(await failure(client().jwtBearer({ ...assertion, lifetimeS: 3_601 }))).toMatchObject({
      code: 'invalid_input',
    })
  })

  test('tokens bound to a key', async () => {
    const dpopKey = new Secret(provider.clientKey)
    const tokens = await client({ dpopKey }).clientCredentials({ scope: 'read' })
    expect(tokens.tokenType).toBe('dpop')
  })
})

test('a client that shows its certificate, over TLS that is verified', async () => {
  await using secure = await startProvider({ tls: true })
  const { ca, cert, key } = secure.tls
  const settings = { issuer: secure.issuer, clientId: 'mtls', authentication: { kind: 'mtls' as const } }
  const trusted = new OAuthClient({ ...settings, tls: { ca, cert, key: new Secret(key) } })
  expect(await trusted.clientCredentials({ scope: 'read' })).toMatchObject({ tokenType: 'bearer' })
  const stranger = new OAuthClient({ ...settings, tls: { cert, key: new Secret(key) } })
  expect(await failure(stranger.clientCredentials())).toMatchObject({ code: 'unavailable', applied: 'no' })
  const other = createCertificate(createAuthority('another'), { names: ['client.example'] })
  const forged = new OAuthClient({ ...settings, tls: { ca, cert: other.cert, key: new Secret(other.key) } })
  expect(await failure(forged.clientCredentials())).toMatchObject({ code: 'unauthenticated' })
  await Promise.all([trusted, stranger, forged].map((one) => one.close()))
})
