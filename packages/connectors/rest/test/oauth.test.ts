import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { Secret } from '@casare/core'
import { oauthAuthorizer } from '@casare/auth'
import { rest } from '@casare/rest'
import { startProvider, type TestProvider } from '../../../platform/auth/test/support/provider.ts'
import { closeAll, serve } from './serve.ts'

let provider: TestProvider
beforeAll(async () => {
  provider = await startProvider()
})
afterAll(async () => provider[Symbol.asyncDispose]())
afterEach(closeAll)

async function api(accepts: (token: string) => boolean = () => true) {
  const seen: string[] = []
  const origin = await serve((request, response) => {
    const token = request.headers.authorization ?? ''
    seen.push(token)
    response.writeHead(accepts(token) ? 200 : 401, { 'content-type': 'application/json' }).end('{"ok":true}')
  })
  return { origin, seen }
}
const credentials = { clientId: 'basic', clientSecret: 'basic:secret/+=% &', scope: 'read' }

test.each([
  ['by its own description', () => ({ issuer: provider.issuer, ...credentials })],
  ['by its token endpoint', () => ({ tokenUrl: `${provider.issuer}/token`, ...credentials })],
  [
    'with the secret in the body',
    () => ({
      issuer: provider.issuer,
      clientId: 'post',
      clientSecret: 'post-secret-1',
      clientAuthentication: 'secret_post' as const,
    }),
  ],
])('client credentials, the server found %s', async (_name, auth) => {
  let good = ''
  const { origin, seen } = await api((token) => token !== good)
  await using connection = rest({ baseUrl: origin, auth: { kind: 'oauth2_client_credentials', ...auth() } })
  const before = provider.grants.length
  await Promise.all(Array.from({ length: 10 }, () => connection.get({ path: '/a' })))
  expect(new Set(seen).size).toBe(1)
  expect(provider.grants.length - before).toBe(1)
  // Taken back by the API: one new token, and the call works.
  good = seen[0] ?? ''
  await connection.get({ path: '/a' })
  expect(provider.grants.length - before).toBe(2)
})

test('a signed assertion', async () => {
  const { origin, seen } = await api()
  const auth = {
    kind: 'oauth2_jwt_bearer' as const,
    tokenUrl: `${provider.issuer}/token`,
    issuer: 'public',
    key: new Secret(provider.clientKey),
    scope: 'read',
  }
  await using connection = rest({ baseUrl: origin, auth })
  await connection.get({ path: '/a' })
  expect(seen[0]).toMatch(/^Bearer .{20,}$/)
})

test('an authorizer of the program: used, and not closed', async () => {
  const { origin, seen } = await api()
  const authorizer = oauthAuthorizer({
    kind: 'oauth2_client_credentials',
    issuer: provider.issuer,
    clientId: 'basic',
    authentication: { kind: 'secret_basic', secret: new Secret('basic:secret/+=% &') },
  })
  for (let i = 0; i < 2; i += 1) {
    await using connection = rest({ baseUrl: origin, auth: { kind: 'custom', authorizer } })
    await connection.get({ path: '/a' })
  }
  expect(new Set(seen).size).toBe(1)
  authorizer.source.forget()
  await authorizer.source.get()
  await authorizer.close()
})

test('wrong credentials, and settings that cannot work', async () => {
  const { origin, seen } = await api()
  const wrong = { kind: 'oauth2_client_credentials' as const, issuer: provider.issuer, clientId: 'basic' }
  await using connection = rest({ baseUrl: origin, auth: { ...wrong, clientSecret: 'wrong-secret-value' } })
  const failed: unknown = await connection.get({ path: '/a' }).catch((error: unknown) => error)
  expect(failed).toMatchObject({ code: 'unauthenticated', message: expect.stringContaining('clientId') })
  expect(JSON.stringify(failed)).not.toContain('wrong-secret-value')
  expect(seen).toEqual([])
  await using neither = rest({ baseUrl: origin, auth: { kind: 'oauth2_client_credentials', ...credentials } })
  await expect(neither.get({ path: '/a' })).rejects.toMatchObject({ code: 'invalid_input' })
  expect(() => rest({ baseUrl: origin, auth: { kind: 'custom', authorizer: {} as never } })).toThrow(/authorizer/)
})

test('the authorization server lies within the rules of egress too', async () => {
  const { origin } = await api()
  const auth = { kind: 'oauth2_client_credentials' as const, ...credentials, issuer: provider.issuer }
  await using connection = rest({ baseUrl: 'https://api.example', auth, egress: {} })
  await expect(connection.get({ path: '/a' })).rejects.toMatchObject({ code: 'permission_denied', applied: 'no' })
  await using allowed = rest({ baseUrl: origin, auth, egress: { allow: ['127.0.0.1'] } })
  await expect(allowed.get({ path: '/a' })).resolves.toMatchObject({ status: 200 })
})
