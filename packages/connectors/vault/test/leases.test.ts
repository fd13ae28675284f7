import { inspect } from 'node:util'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { VaultServer } from '@casare/testing'
import { asked, connect, connectAsApp, endAll, failureOf, startVault, until, watchEvents } from './support.ts'

let server: VaultServer
beforeEach(async () => {
  server = await startVault()
})
afterEach(endAll)

test('credentials are a user, a password that does not show, and a lease', async () => {
  server.addDatabaseRole('app', { ttlSeconds: 120 })
  const found = await connect(server).readDatabaseCredentials({ role: 'app' })
  expect(found).toMatchObject({ username: expect.stringMatching(/^v-/), leaseSeconds: 120, renewable: true })
  expect(found.leaseId).toMatch(/^database\/creds\/app\//)
  expect(inspect(found, { depth: 9 })).not.toContain(found.password.reveal())
})

test('the lease is renewed while the connection is open', async () => {
  const events = watchEvents()
  server.addDatabaseRole('app', { ttlSeconds: 1 })
  const store = connect(server)
  await store.readDatabaseCredentials({ role: 'app' })
  await until(() => (server.leases[0]?.renewals ?? 0) >= 3)
  await store.close()
  expect(server.leases).toEqual([])
  const asks = asked(server, 'sys/leases/renew')
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  expect(asked(server, 'sys/leases/renew')).toBe(asks)
  expect(events).toEqual([])
})

test('one that cannot be renewed is not', async () => {
  server.addDatabaseRole('app', { ttlSeconds: 1, renewable: false })
  const store = connect(server)
  expect((await store.readDatabaseCredentials({ role: 'app' })).renewable).toBe(false)
  await until(() => server.leases.length === 0)
  expect(asked(server, 'sys/leases/renew')).toBe(0)
})

test('a renewal that is refused is an event, and ends the renewing', async () => {
  const events = watchEvents()
  server.addDatabaseRole('app', { ttlSeconds: 1 })
  const store = connect(server)
  const { leaseId } = await store.readDatabaseCredentials({ role: 'app' })
  server.intercept = ({ path }) =>
    path === 'sys/leases/renew' ? { status: 400, errors: ['lease is not renewable'] } : undefined
  await until(() => events.length > 0)
  expect(events[0]).toMatchObject({ name: 'lease_renewal_failed', detail: { leaseId, refused: true } })
})

test('with a token of the user: closing revokes what this connection has borrowed, and nothing else', async () => {
  server.addDatabaseRole('app')
  server.addLease('of-somebody-else')
  const [one, other] = [connect(server), connect(server)]
  await Promise.all([one.readDatabaseCredentials({ role: 'app' }), one.readDatabaseCredentials({ role: 'app' })])
  const { leaseId } = await other.readDatabaseCredentials({ role: 'app' })
  await one.close()
  expect(server.leases.map(({ id }) => id)).toEqual(['of-somebody-else', leaseId])
  await one.close()
})

test('with AppRole: closing revokes the token, and what was borrowed goes with it', async () => {
  server.addDatabaseRole('app')
  const store = connectAsApp(server)
  await store.readDatabaseCredentials({ role: 'app' })
  server.revokeTokens()
  // Of a token that is over nothing is left; this one is of the second login.
  await store.readDatabaseCredentials({ role: 'app' })
  expect(server.leases).toHaveLength(1)
  const token = server.requests.findLast(({ path }) => path === 'database/creds/app')?.token ?? ''
  await store.close()
  expect(server.leases).toEqual([])
  expect(asked(server, 'auth/token/revoke-self')).toBe(1)
  const late = connect(server, { auth: { kind: 'token', token } })
  expect(await failureOf(late.lookupSelf())).toMatchObject({ code: 'unauthenticated' })
})

test('a token that may not revoke itself: its leases are revoked one by one', async () => {
  const events = watchEvents()
  server.addDatabaseRole('app')
  const store = connectAsApp(server)
  await store.readDatabaseCredentials({ role: 'app' })
  server.intercept = ({ path }) =>
    path === 'auth/token/revoke-self' ? { status: 403, errors: ['permission denied'] } : undefined
  await store.close()
  expect(server.leases).toEqual([])
  expect(events.map(({ name }) => name)).toEqual(['token_not_revoked'])
})

test.each([
  ['refused', { status: 403, errors: ['1 error occurred:\n\t* permission denied\n\n'] }],
  ['sealed', { status: 503, errors: ['Vault is sealed'] }],
  ['lost', 'answer lost'],
] as const)('revoking that is %s at closing is an event, and no exception', async (_name, trouble) => {
  const events = watchEvents()
  server.addDatabaseRole('app')
  const store = connect(server)
  const { leaseId, password } = await store.readDatabaseCredentials({ role: 'app' })
  server.intercept = ({ path }) => (path === 'sys/leases/revoke' ? trouble : undefined)
  await store.close()
  expect(events).toMatchObject([{ name: 'lease_not_revoked', detail: { leaseId } }])
  const shown = inspect(events, { depth: 9 })
  for (const secret of [server.rootToken, password.reveal()]) expect(shown).not.toContain(secret)
})

test('closing a connection whose server is gone', async () => {
  const events = watchEvents()
  server.addDatabaseRole('app')
  const store = connectAsApp(server)
  await store.readDatabaseCredentials({ role: 'app' })
  await server.close()
  await store.close()
  expect(events.map(({ name }) => name)).toEqual(['token_not_revoked', 'lease_not_revoked'])
  // For the end of the test, which closes it too.
  server = await startVault()
})

test('renewed and revoked by hand', async () => {
  server.addDatabaseRole('app', { ttlSeconds: 60, maxTtlSeconds: 100 })
  const store = connect(server)
  const { leaseId } = await store.readDatabaseCredentials({ role: 'app' })
  expect(await store.renewLease({ leaseId, incrementSeconds: 90 })).toEqual({ leaseSeconds: 90, renewable: true })
  expect(await store.renewLease({ leaseId, incrementSeconds: 900 })).toMatchObject({ leaseSeconds: 100 })
  await store.revokeLease({ leaseId })
  await store.revokeLease({ leaseId })
  expect(server.leases).toEqual([])
  expect(await failureOf(store.renewLease({ leaseId }))).toMatchObject({
    code: 'not_found',
    vendorCode: 'lease_not_found',
  })
  await store.close()
  expect(asked(server, 'sys/leases/revoke')).toBe(2)
})

test('credentials whose answer is lost are not asked for twice', async () => {
  server.addDatabaseRole('app')
  server.intercept = ({ path }) => (path.startsWith('database/') ? 'answer lost' : undefined)
  const error = await failureOf(connect(server).readDatabaseCredentials({ role: 'app' }))
  expect(error).toMatchObject({ code: 'outcome_unknown', applied: 'maybe', retryable: false })
  expect(server.leases).toHaveLength(1)
})

test('a role that is not there', async () => {
  server.mount('database', 'database')
  expect(await failureOf(connect(server).readDatabaseCredentials({ role: 'none' }))).toMatchObject({
    code: 'not_found',
    vendorCode: 'unknown_role',
    applied: 'no',
  })
})
