import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { RequestLogLine } from '@casare/core'
import type { VaultServer } from '@casare/testing'
import { vault } from '../src/index.ts'
import { connect, connectAsApp, endAll, failureOf, failuresOf, startVault } from './support.ts'

let server: VaultServer
beforeEach(async () => {
  server = await startVault()
})
afterEach(endAll)

describe('the state of the node', () => {
  test('active, sealed, standby: answers of readHealth, not errors', async () => {
    const store = connect(server, { auth: { kind: 'token', token: 'nobody-cares' } })
    expect(await store.readHealth()).toMatchObject({ initialized: true, sealed: false, standby: false })
    server.state.performanceStandby = true
    expect(await store.readHealth()).toMatchObject({ standby: true, performanceStandby: true })
    server.state.performanceStandby = false
    server.state.standby = true
    expect(await store.readHealth()).toMatchObject({ standby: true, sealed: false })
    server.state.sealed = true
    expect(await store.readHealth()).toMatchObject({ sealed: true })
  })

  test('sealed: unavailable, certainly not applied, and it says so', async () => {
    const store = connect(server, { resilience: false })
    server.state.sealed = true
    for (const error of await failuresOf([
      store.readSecret({ path: 'a' }),
      store.writeSecret({ path: 'a', data: { x: '1' } }),
      store.$.check(),
    ])) {
      expect(error).toMatchObject({
        code: 'unavailable',
        vendorCode: 'sealed',
        applied: 'no',
        retryable: true,
        status: 503,
      })
      expect(error.message).toContain('Vault is sealed')
    }
    const app = connectAsApp(server, {}, { resilience: false })
    expect(await failureOf(app.writeSecret({ path: 'a', data: { x: '1' } }))).toMatchObject({
      vendorCode: 'sealed',
      applied: 'no',
      message: expect.stringContaining('Login with AppRole'),
    })
  })

  test('sealed for a moment: calls go through once it is unsealed', async () => {
    const store = connect(server)
    server.state.sealed = true
    let calls = 0
    server.intercept = () => {
      if (++calls === 2) server.state.sealed = false
      return undefined
    }
    expect((await store.writeSecret({ path: 'a', data: { x: '1' } })).metadata?.version).toBe(1)
  })

  test('a standby without an active node', async () => {
    server.state.standby = true
    expect(await failureOf(connect(server, { resilience: false }).readSecret({ path: 'a' }))).toMatchObject({
      code: 'unavailable',
      vendorCode: 'standby',
      applied: 'no',
    })
  })
})

test.each([
  [400, ['some mistake'], { code: 'invalid_input', applied: 'no', retryable: false }],
  [403, ['namespaces feature not enabled'], { code: 'unsupported', applied: 'no' }],
  [404, ['no handler for route "x". route entry not found.'], { code: 'not_found', vendorCode: 'no_such_path' }],
  [405, ['1 error occurred:\n\t* unsupported operation\n\n'], { code: 'unsupported', applied: 'no' }],
  [412, ['required index state not present'], { code: 'unavailable', applied: 'no', retryable: true }],
  [429, ['rate limit quota exceeded'], { code: 'rate_limited', applied: 'no', retryable: true }],
  [472, [], { code: 'unavailable', vendorCode: 'dr_secondary', applied: 'no' }],
  [473, [], { code: 'unavailable', vendorCode: 'performance_standby', applied: 'no' }],
  [500, ['internal error'], { code: 'outcome_unknown', applied: 'maybe', retryable: false }],
  [502, [], { code: 'outcome_unknown', applied: 'maybe' }],
  [503, ['no such luck'], { code: 'outcome_unknown', applied: 'maybe' }],
] as const)('a write that is answered with %i %j', async (status, errors, expected) => {
  server.intercept = ({ method }) => (method === 'POST' ? { status, errors } : undefined)
  const error = await failureOf(connect(server, { resilience: false }).writeSecret({ path: 'a', data: { x: '1' } }))
  expect(error).toMatchObject(expected)
  expect(error.message).not.toMatch(/undefined|\[object|\n/)
})

test.each(['<html>a gateway</html>', '[1]', '"text"', '', '{"sealed":"maybe"}'])(
  'something else that answers at the address: %j',
  async (text) => {
    server.intercept = () => ({ status: 200, text })
    const store = connect(server, { resilience: false })
    const error = await failureOf(store.readHealth())
    expect(['internal', 'unavailable']).toContain(error.code)
  },
)

test('a Vault without namespaces says so, and the token is not blamed', async () => {
  server.intercept = () => ({ status: 403, errors: ['namespaces feature not enabled'] })
  for (const store of [connect(server, { namespace: 'team' }), connectAsApp(server, {}, { namespace: 'team' })])
    expect(await failureOf(store.readSecret({ path: 'a' }))).toMatchObject({
      code: 'unsupported',
      applied: 'no',
      message: expect.stringContaining('namespaces feature not enabled'),
    })
})

test('no secret is in any error, whatever goes wrong, and none in the log', async () => {
  const value = 'k3y>>>???/+"&<s>%=\\canary-0123'
  const lines: RequestLogLine[] = []
  const ids = server.addAppRole('app', { policies: ['app'] })
  server.addDatabaseRole('app')
  const log = (line: RequestLogLine): void => void lines.push(line)
  const store = connect(server, { auth: { kind: 'approle', ...ids }, log })
  await store.writeSecret({ path: 'hidden/path', data: { value } })
  const { password } = await store.readDatabaseCredentials({ role: 'app' })
  const token = server.requests.at(-1)?.token ?? ''
  const shown: unknown[] = []
  const echo = [`${value} ${token} ${ids.secretId} ${password.reveal()} ${encodeURIComponent(value)}`]
  for (const trouble of [
    ...[400, 403, 404, 412, 429, 500, 503].map((status) => ({ status, errors: echo })),
    'answer lost',
  ] as const) {
    server.intercept = ({ path }) => (path.startsWith('auth/') ? undefined : trouble)
    shown.push(
      ...(await failuresOf([
        store.readSecret({ path: 'hidden/path' }),
        store.writeSecret({ path: 'hidden/path', data: { value }, cas: 1 }),
        store.patchSecret({ path: 'hidden/path', data: { value } }),
        store.readDatabaseCredentials({ role: 'app' }),
      ])),
    )
  }
  server.intercept = undefined
  const text = `${inspect(shown, { depth: 9, showHidden: true })}${JSON.stringify(shown)}${JSON.stringify(lines)}`
  for (const secret of [
    value,
    JSON.stringify(value).slice(1, -1),
    token,
    ids.secretId,
    password.reveal(),
    encodeURIComponent(value),
  ])
    expect(text).not.toContain(secret)
  expect(new Set(lines.map(({ path }) => path))).toContain('/v1/{mount}/data/{path}')
  expect(JSON.stringify(lines)).not.toContain('hidden/path')
}, 20_000)

describe('secret://vault/PATH#FIELD', () => {
  const resolve = (store: ReturnType<typeof connect>, path: string, field?: string) =>
    store.$.run(
      (client, context) => {
        const provider = vault.spec.secretProvider
        if (provider === undefined) throw new Error('The connector resolves no references.')
        return provider(client, path, field, context)
      },
      { effect: 'read' },
    )

  test('a field, or the only one there is', async () => {
    const store = connect(server)
    await store.writeSecret({ path: 'team/app', data: { user: 'me', password: 'pass word' } })
    await store.writeSecret({ path: 'one', data: { key: 'the only one' } })
    expect((await resolve(store, 'team/app', 'password')).reveal()).toBe('pass word')
    expect((await resolve(store, 'one')).reveal()).toBe('the only one')
    expect(String(await resolve(store, 'one'))).toBe('[secret]')
  })

  test.each([
    ['team/app', undefined, 'invalid_input', /2 fields/],
    ['team/app', 'none', 'not_found', /no field of this name/],
    ['team/app', 'constructor', 'not_found', /no field/],
    ['none', 'x', 'not_found', /nothing at this path/],
    ['../sys/health', 'x', 'invalid_input', /team\/app/],
  ])('%s#%s: %s', async (path, field, code, words) => {
    const store = connect(server)
    await store.writeSecret({ path: 'team/app', data: { user: 'me', password: 'pass word' } })
    const error = await failureOf(resolve(store, path, field))
    expect(error.code).toBe(code)
    expect(error.message).toMatch(words)
    expect(error.message).not.toContain('pass word')
  })

  test('an engine of version 1', async () => {
    server.mount('old', 'kv', '1')
    const store = connect(server, { kv: { mount: 'old', version: 1 } })
    await store.writeSecret({ path: 'a', data: { x: '1' } })
    expect((await resolve(store, 'a', 'x')).reveal()).toBe('1')
  })

  test('describe() says that it does', () => {
    expect(vault.describe().secretProvider).toBe(true)
  })
})
