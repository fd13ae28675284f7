import { createHash, createPublicKey, verify, type JsonWebKey } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ConnectorError, Redactor, Secret } from '@casare/core'
import { createHttpClient, type HttpClient, type HttpContext } from '@casare/http'
import { memoryTokenStore, oauthAuthorizer, writeTokenSet, type OAuthAuthorizer, type OAuthConfig } from '@casare/auth'
import { startProvider, type TestProvider } from './support/provider.ts'

let provider: TestProvider
/** An API that takes the tokens that it is told to. */
let api: Server
let accepts: (authorization: string) => boolean = () => true
const requests: IncomingMessage[] = []
const open: { close(): Promise<void> }[] = []

beforeAll(async () => {
  provider = await startProvider()
  api = createServer((request, response) => {
    requests.push(request)
    response.statusCode = accepts(request.headers.authorization ?? '') ? 200 : 401
    response.setHeader('content-type', 'application/json')
    response.end('{}')
  })
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  await Promise.all(open.map((one) => one.close()))
  await provider[Symbol.asyncDispose]()
  api.closeAllConnections()
  await new Promise((resolve) => api.close(resolve))
})

function connect(config: Partial<OAuthConfig> = {}) {
  requests.splice(0)
  accepts = () => true
  const authorizer: OAuthAuthorizer = oauthAuthorizer({
    kind: 'oauth2_client_credentials',
    issuer: provider.issuer,
    clientId: 'basic',
    authentication: { kind: 'secret_basic', secret: new Secret('basic:secret/+=% &') },
    scope: 'read',
    ...config,
  } as OAuthConfig)
  const redactor = new Redactor()
  const baseUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}/api`
  const http: HttpClient = createHttpClient({ baseUrl, authorizer, redactor })
  open.push(authorizer, http)
  const context: HttpContext = {
    signal: new AbortController().signal,
    effect: 'read',
    redactor,
    fileRoots: [],
    note: () => undefined,
  }
  const call = (path = 'things?q=1') => http.request({ path, expect: 'json' }, context)
  return { authorizer, redactor, call }
}

test('each request carries the token, which is asked for once and known to the redactor', async () => {
  const before = provider.grants.length
  const { call, redactor } = connect()
  await Promise.all(Array.from({ length: 20 }, () => call()))
  expect(provider.grants.length - before).toBe(1)
  const sent = new Set(requests.map(({ headers }) => headers.authorization))
  expect(sent.size).toBe(1)
  const [authorization = ''] = sent
  expect(authorization).toMatch(/^Bearer .{20,}$/)
  expect(redactor.text(`x ${authorization ?? ''}`)).toBe('x Bearer [secret]')
})

test('after a 401: one refresh for all calls, and each is sent once more', async () => {
  const { call } = connect()
  await call()
  const old = requests[0]?.headers.authorization
  accepts = (authorization) => authorization !== old
  const before = provider.grants.length
  await Promise.all(Array.from({ length: 20 }, () => call()))
  expect(provider.grants.length - before).toBe(1)
})

test('a 401 that a new token does not mend is unauthenticated, after one more try', async () => {
  const { call } = connect()
  accepts = () => false
  await expect(call()).rejects.toMatchObject({ code: 'unauthenticated', status: 401 })
  expect(requests).toHaveLength(2)
})

test('wrong credentials of the client: unauthenticated, nothing is sent to the API, and nothing leaks', async () => {
  const { call } = connect({ authentication: { kind: 'secret_basic', secret: new Secret('wrong-secret-value') } })
  const error: unknown = await call().catch((failure: unknown) => failure)
  expect(ConnectorError.is(error, 'unauthenticated')).toBe(true)
  expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('wrong-secret-value')
  expect(requests).toEqual([])
})

test('a stored login is refreshed with rotation, and its tokens are stored', async () => {
  const store = memoryTokenStore()
  const { authorizer, call } = connect({
    kind: 'oauth2_refresh_token',
    clientId: 'public',
    authentication: { kind: 'none' },
    store,
    key: 'crm',
  })
  await expect(call()).rejects.toMatchObject({
    code: 'unauthenticated',
    message: expect.stringContaining('Log in first'),
  })
  const pending = await authorizer.client.startCodeLogin({
    redirectUri: provider.redirectUri,
    scope: 'openid offline_access',
    parameters: { prompt: 'consent' },
  })
  const tokens = await authorizer.client.finishCodeLogin(await provider.login(pending.url), pending)
  await store.put('crm', writeTokenSet({ ...tokens, expiresAt: 1 }))
  await call()
  const before = (await store.read('crm'))?.value ?? ''
  expect(before).not.toContain(tokens.refreshToken?.reveal() ?? '')
  authorizer.source.forget()
  await call()
  expect((await store.read('crm'))?.value).toBe(before)
})

test('a refresh token without a store begins a grant; a login without one says what to ask for', async () => {
  expect(() => connect({ kind: 'oauth2_refresh_token' })).toThrow(/needs a store/)
  const { call } = connect({ kind: 'oauth2_refresh_token', refreshToken: new Secret('never-given-out') })
  await expect(call()).rejects.toMatchObject({ code: 'unauthenticated', vendorCode: 'invalid_grant' })
  const store = memoryTokenStore()
  await store.put(
    'k',
    writeTokenSet({ accessToken: new Secret('a'), tokenType: 'bearer', obtainedAt: 1, expiresAt: 2 }),
  )
  const bare = connect({ kind: 'oauth2_refresh_token', store, key: 'k' })
  await expect(bare.call()).rejects.toThrow(/offline_access/)
})

test('further grants behind an authorizer', async () => {
  const assertion = { issuer: 'i', key: new Secret(provider.clientKey), keyId: 'c1' }
  await connect({ kind: 'oauth2_jwt_bearer', assertion }).call()
  await connect({ kind: 'oauth2_token_exchange', subjectToken: new Secret('given') }).call()
  expect(requests).toHaveLength(1)
})

test('a token that is bound to a key: each request has a proof of its own', async () => {
  const { call } = connect({ dpopKey: new Secret(provider.clientKey) })
  await call()
  await call()
  const [first, second] = requests.map(({ headers }) => String(headers['dpop']).split('.'))
  const [header = '', claims = '', signature = ''] = first ?? []
  const { jwk, typ, alg } = JSON.parse(Buffer.from(header, 'base64url').toString()) as {
    jwk: JsonWebKey
    typ: string
    alg: string
  }
  const said = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>
  const token = requests[0]?.headers.authorization?.replace('DPoP ', '') ?? ''
  expect([typ, alg]).toEqual(['dpop+jwt', 'ES256'])
  expect(Object.keys(jwk)).not.toContain('d')
  expect(said).toMatchObject({
    htm: 'GET',
    htu: `http://127.0.0.1:${(api.address() as AddressInfo).port}/api/things`,
    ath: createHash('sha256').update(token).digest('base64url'),
  })
  const key = { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' as const }
  expect(verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'))).toBe(true)
  expect(second?.[1]).not.toBe(claims)
})
