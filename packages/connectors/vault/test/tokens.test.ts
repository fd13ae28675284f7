import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Secret } from '@casare/core'
import type { VaultServer } from '@casare/testing'
import {
  asked,
  connect,
  connectAsApp,
  endAll,
  failureOf,
  failuresOf,
  startVault,
  until,
  watchEvents,
} from './support.ts'

let server: VaultServer
beforeEach(async () => {
  server = await startVault()
})
afterEach(endAll)

const wrong = 'hvs.not-the-token-of-anybody'

describe('a token of the user', () => {
  test.each([true, false])('a wrong one is unauthenticated (does Vault say so: %s)', async (saysInvalidToken) => {
    server.saysInvalidToken = saysInvalidToken
    const store = connect(server, { auth: { kind: 'token', token: wrong } })
    for (const error of await failuresOf([store.readSecret({ path: 'a' }), store.lookupSelf(), store.$.check()])) {
      expect(error).toMatchObject({ code: 'unauthenticated', applied: 'no', retryable: false, status: 403 })
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(wrong)
    }
  })

  test.each([true, false])(
    'missing rights are permission_denied (does Vault say more: %s)',
    async (saysInvalidToken) => {
      server.saysInvalidToken = saysInvalidToken
      const token = server.issueToken({ policies: ['default'] })
      const error = await failureOf(connect(server, { auth: { kind: 'token', token } }).readSecret({ path: 'a' }))
      expect(error).toMatchObject({ code: 'permission_denied', applied: 'no', retryable: false })
    },
  )

  test('one that ends in the middle of its use; and another from the same source after it', async () => {
    let current = server.issueToken({ policies: ['default', 'app'], ttlSeconds: 60 })
    const store = connect(server, { auth: { kind: 'token', token: new Secret(() => current) } })
    await store.writeSecret({ path: 'a', data: { x: '1' } })
    server.advance(61)
    expect(await failureOf(store.readSecret({ path: 'a' }))).toMatchObject({ code: 'unauthenticated', attempts: 1 })
    current = server.issueToken({ policies: ['default', 'app'] })
    expect((await store.readSecret({ path: 'a' })).data['x']?.reveal()).toBe('1')
  })

  test('it is neither renewed nor revoked', async () => {
    const token = server.issueToken({ policies: ['default', 'app'], ttlSeconds: 1 })
    const store = connect(server, { auth: { kind: 'token', token } })
    await store.lookupSelf()
    await store.close()
    expect(server.requests.map(({ path }) => path)).toEqual(['auth/token/lookup-self'])
  })

  test('lookupSelf tells of it, and never what it is', async () => {
    const token = server.issueToken({ policies: ['default'], ttlSeconds: 60, displayName: 'me' })
    const found = await connect(server, { auth: { kind: 'token', token } }).lookupSelf()
    expect(found).toMatchObject({ displayName: 'me', policies: ['default'], ttlSeconds: 60, renewable: true })
    expect(JSON.stringify(found)).not.toContain(token)
    expect(await connect(server).lookupSelf()).toMatchObject({ ttlSeconds: 0, renewable: false })
  })
})

describe('AppRole', () => {
  test('1,000 first calls at once log in once', async () => {
    await connect(server).writeSecret({ path: 'a', data: { x: '1' } })
    const store = connectAsApp(server)
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => store.readSecret({ path: 'a' })))
    expect(answers).toHaveLength(1_000)
    expect(server.logins).toBe(1)
    expect(asked(server, 'auth/approle/login')).toBe(1)
  })

  test('a token that ends in the middle of its use: one login for all, and every call succeeds', async () => {
    const store = connectAsApp(server)
    await store.writeSecret({ path: 'a', data: { x: '1' } })
    for (const saysInvalidToken of [true, false]) {
      server.saysInvalidToken = saysInvalidToken
      const before = server.logins
      server.revokeTokens()
      await Promise.all(Array.from({ length: 100 }, () => store.readSecret({ path: 'a' })))
      expect(server.logins - before).toBe(1)
    }
  })

  test('a write without cas is repeated, too: a refusal proves that nothing was done', async () => {
    const store = connectAsApp(server)
    await store.lookupSelf()
    server.revokeTokens()
    expect((await store.writeSecret({ path: 'a', data: { x: '1' } })).metadata?.version).toBe(1)
  })

  test('one repetition, not more, where new tokens are refused as well', async () => {
    const store = connectAsApp(server, {}, { resilience: false })
    server.intercept = ({ path }) =>
      path.startsWith('secret/')
        ? { status: 403, errors: ['2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n'] }
        : undefined
    expect(await failureOf(store.readSecret({ path: 'a' }))).toMatchObject({ code: 'unauthenticated', applied: 'no' })
    expect(server.logins).toBe(2)
    expect(asked(server, 'secret/data/a')).toBe(2)
  })

  test('an older Vault and a role that may not look itself up: rights are missing, and logins are not wasted', async () => {
    server.saysInvalidToken = false
    server.putPolicy('default', [])
    const store = connectAsApp(server, { policies: [] })
    for (let call = 0; call < 5; call += 1)
      expect(await failureOf(store.readSecret({ path: 'a' }))).toMatchObject({ code: 'permission_denied' })
    expect(server.logins).toBe(2)
  })

  test('the token is renewed before it ends', async () => {
    const store = connectAsApp(server, { tokenTtlSeconds: 1 })
    await store.lookupSelf()
    await until(() => asked(server, 'auth/token/renew-self') >= 3)
    await store.lookupSelf()
    expect(server.logins).toBe(1)
  })

  test('a renewal that is refused: an event, and a login at the next call', async () => {
    const events = watchEvents()
    const store = connectAsApp(server, { tokenTtlSeconds: 1 })
    await store.lookupSelf()
    server.intercept = ({ path }) =>
      path === 'auth/token/renew-self' ? { status: 400, errors: ['lease is not renewable'] } : undefined
    await until(() => events.length > 0)
    expect(events[0]).toMatchObject({ name: 'token_renewal_failed', detail: { refused: true } })
    await store.lookupSelf()
    expect(server.logins).toBe(2)
  })

  test('a renewal that finds nobody is tried again while there is time', async () => {
    const events = watchEvents()
    const store = connectAsApp(server, { tokenTtlSeconds: 3 })
    await store.lookupSelf()
    let broken = 1
    server.intercept = ({ path }) => (path === 'auth/token/renew-self' && broken-- > 0 ? { status: 502 } : undefined)
    await until(() => asked(server, 'auth/token/renew-self') >= 2)
    expect(events[0]).toMatchObject({ name: 'token_renewal_failed', detail: { refused: false } })
    await store.lookupSelf()
    expect(server.logins).toBe(1)
  })

  test('near the end of its longest life another login takes its place, before a renewal is refused', async () => {
    const events = watchEvents()
    const store = connectAsApp(server, { tokenTtlSeconds: 3, tokenMaxTtlSeconds: 4 })
    await store.lookupSelf()
    await until(() => asked(server, 'auth/token/renew-self') === 2)
    while (server.logins < 2) {
      await store.lookupSelf()
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect(asked(server, 'auth/token/renew-self')).toBe(2)
    expect(events).toEqual([])
  }, 15_000)

  test('once the connection is closed nothing is renewed any more', async () => {
    const events = watchEvents()
    const store = connectAsApp(server, { tokenTtlSeconds: 1 })
    await store.lookupSelf()
    await store.close()
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(asked(server, 'auth/token/renew-self')).toBe(0)
    expect(events).toEqual([])
  })

  test.each(['roleId', 'secretId'] as const)(
    'a wrong %s: unauthenticated, and nothing of it is shown',
    async (name) => {
      const ids = { ...server.addAppRole('app'), [name]: 'wrong-id-of-mine-0123' }
      const store = connect(server, { auth: { kind: 'approle', ...ids } })
      const error = await failureOf(store.writeSecret({ path: 'a', data: { x: 'a value of mine' } }))
      expect(error).toMatchObject({ code: 'unauthenticated', applied: 'no', retryable: false })
      const shown = inspect(error, { depth: 9, showHidden: true })
      for (const secret of [ids.secretId, 'a value of mine']) expect(shown).not.toContain(secret)
    },
  )

  test('a secret id that is used up says so when a second login is needed', async () => {
    const store = connectAsApp(server, { secretIdNumUses: 1 })
    await store.lookupSelf()
    server.revokeTokens()
    const error = await failureOf(store.lookupSelf())
    expect(error).toMatchObject({ code: 'unauthenticated', applied: 'no' })
    expect(error.message).toMatch(/Login with AppRole.*invalid role or secret ID/)
  })

  test('a Vault that echoes the secret id in its refusal', async () => {
    const ids = server.addAppRole('app')
    server.intercept = ({ path }) =>
      path === 'auth/approle/login' ? { status: 400, errors: [`invalid secret_id "${ids.secretId}"`] } : undefined
    const error = await failureOf(connect(server, { auth: { kind: 'approle', ...ids } }).lookupSelf())
    expect(error.message).toContain('[secret]')
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(ids.secretId)
  })

  test('a login whose outcome is unknown does not make the call unknown', async () => {
    const store = connectAsApp(server)
    let lost = 2
    server.intercept = ({ path }) => (path === 'auth/approle/login' && lost-- > 0 ? 'answer lost' : undefined)
    expect((await store.writeSecret({ path: 'a', data: { x: '1' } })).metadata?.version).toBe(1)
    expect(server.logins).toBe(3)
  })

  test('a caller that gives up leaves the login to the others', async () => {
    const store = connectAsApp(server, {}, { resilience: false })
    const { promise: held, resolve: release } = Promise.withResolvers<undefined>()
    server.intercept = ({ path }) => (path === 'auth/approle/login' ? held : undefined)
    const controller = new AbortController()
    const given = failureOf(store.lookupSelf({}, { signal: controller.signal }))
    const kept = store.lookupSelf()
    await until(() => asked(server, 'auth/approle/login') === 1)
    controller.abort()
    expect(await given).toMatchObject({ code: 'cancelled', applied: 'no' })
    release(undefined)
    await kept
    expect(server.logins).toBe(1)
    expect(asked(server, 'auth/approle/login')).toBe(1)
  })

  test('another mount, and a namespace', async () => {
    server.addNamespace('team')
    const ids = server.addAppRole('app', { mount: 'robots', namespace: 'team' })
    const store = connect(server, { namespace: 'team', auth: { kind: 'approle', mount: 'robots', ...ids } })
    expect(await store.lookupSelf()).toMatchObject({ path: 'auth/robots/login' })
    const nowhere = connect(server, { namespace: 'team', auth: { kind: 'approle', mount: 'nowhere', ...ids } })
    expect(await failureOf(nowhere.lookupSelf())).toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining('auth.mount'),
    })
  })
})

test('the secret is in no header that a redirect takes elsewhere', async () => {
  const other = await startVault()
  server.intercept = ({ path }) =>
    path === 'secret/data/a' ? { status: 307, headers: { location: `${other.url}/v1/secret/data/a` } } : undefined
  await failureOf(connect(server).readSecret({ path: 'a' }))
  expect(other.requests.map(({ token }) => token)).toEqual([undefined])
  const trusting = connect(server, { allowOrigins: [other.url], auth: { kind: 'token', token: server.rootToken } })
  await failureOf(trusting.readSecret({ path: 'a' }))
  expect(other.requests.at(-1)?.token).toBe(server.rootToken)
})
