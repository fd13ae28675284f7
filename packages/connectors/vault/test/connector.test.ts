import { connectorSuite, effectSuite, type Peer, type Target } from '@casare/testing'
import { vault } from '../src/index.ts'
import { startWorld, type World } from './support.ts'

const peer: Peer = { name: 'Vault simulator of @casare/testing', version: '1', kind: 'simulator' }
const withToken = ({ config }: Target, token: string) => ({ ...config, auth: { kind: 'token', token } })
const at = ({ config }: Target, { host, port, secure }: { host: string; port: number; secure: boolean }) => ({
  ...config,
  address: `${secure ? 'https' : 'http'}://${host}:${port}`,
})
const nowhere = (input: object) => ({ not_found: { input: { ...input, mount: 'nowhere' } } })
const missing = { input: { path: 'missing' } }
const data = { password: 'the second one' }

connectorSuite(vault, {
  peer,
  entry: import.meta.resolve('../src/index.ts'),
  start: startWorld,
  examples: {
    readSecret: [
      { input: { path: 'app' } },
      { input: { path: 'app', version: 1 } },
      { input: { path: 'app', mount: 'old', kvVersion: 1 } },
    ],
    writeSecret: [
      { input: { path: 'new/one', data } },
      { input: { path: 'new/one', data, mount: 'old', kvVersion: 1 } },
    ],
    patchSecret: { input: { path: 'app', data: { user: null, ...data } } },
    deleteSecret: [{ input: { path: 'many/z' } }, { input: { path: 'many/z', versions: [1] } }],
    undeleteSecret: { input: { path: 'many/z', versions: [1] } },
    destroySecret: { input: { path: 'many/z', versions: [1] } },
    readMetadata: { input: { path: 'app' } },
    listSecrets: [{ input: {} }, { input: { path: 'many/folder' } }],
    deleteMetadata: { input: { path: 'many/z' } },
    readDatabaseCredentials: { input: { role: 'app' } },
    renewLease: { input: { leaseId: 'lease-to-renew', incrementSeconds: 60 } },
    revokeLease: { input: { leaseId: 'lease-to-revoke' } },
    readHealth: { input: {} },
    lookupSelf: { input: {} },
  },
  provocations: {
    readSecret: { not_found: missing },
    writeSecret: { ...nowhere({ path: 'app', data }), conflict: { input: { path: 'app', data, cas: 7 } } },
    patchSecret: {
      not_found: { input: { path: 'missing', data } },
      conflict: { input: { path: 'app', data, cas: 7 } },
    },
    deleteSecret: nowhere({ path: 'app' }),
    undeleteSecret: nowhere({ path: 'app', versions: [1] }),
    destroySecret: nowhere({ path: 'app', versions: [1] }),
    readMetadata: { not_found: missing },
    listSecrets: nowhere({}),
    deleteMetadata: nowhere({ path: 'app' }),
    readDatabaseCredentials: { not_found: { input: { role: 'missing' } } },
    renewLease: {
      not_found: { input: { leaseId: 'missing' } },
      conflict: { input: { leaseId: 'lease-not-renewable' } },
    },
    'secrets.read': nowhere({}),
  },
  wrongCredentials: (target) => withToken(target, 'hvs.not-the-token-of-anybody'),
  withSecret: withToken,
  at,
  async echo(connection, text) {
    const { writeSecret, readSecret } = connection as unknown as ReturnType<typeof vault>
    await writeSecret({ path: 'echo', data: { text } })
    return (await readSecret({ path: 'echo' })).data['text']?.reveal()
  },
  streams: {
    secrets: {
      read: {
        input: { path: 'many' },
        count: 8,
        change: (connection) => connection.$.execute('deleteMetadata', { path: 'many/a' }),
      },
    },
  },
})

/** Past the connection, which the faults are for. */
async function call({ server }: World, method: string, path: string, body?: object) {
  const headers = { 'x-vault-token': server.rootToken }
  const answer = await fetch(`${server.url}/v1/secret/${path}`, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  return (text === '' ? {} : (JSON.parse(text) as { data?: Record<string, unknown> })).data
}
const versionsAt = async (world: World, id: string): Promise<number> =>
  Number((await call(world, 'GET', `metadata/${id}`))?.['current_version'] ?? 0)
const isGone = async (world: World, id: string): Promise<number> =>
  ((await call(world, 'GET', `data/${id}`))?.['data'] ?? null) === null ? 1 : 0
const write = (world: World, id: string) => call(world, 'POST', `data/${id}`, { data: { x: '1' } })

effectSuite<World>(vault, {
  peer,
  start: startWorld,
  at,
  calls: process.env['CASARE_DEEP'] === '1' ? 1_000 : 50,
  operations: {
    writeSecret: { input: (id) => ({ path: id, data: { id }, cas: 0 }), applied: versionsAt },
    patchSecret: {
      prepare: write,
      input: (id) => ({ path: id, data: { id }, cas: 1 }),
      applied: async (world, id) => (await versionsAt(world, id)) - 1,
    },
    deleteSecret: { prepare: write, input: (id) => ({ path: id }), applied: isGone },
    undeleteSecret: {
      async prepare(world, id) {
        await write(world, id)
        await call(world, 'DELETE', `data/${id}`)
      },
      input: (id) => ({ path: id, versions: [1] }),
      applied: async (world, id) => 1 - (await isGone(world, id)),
    },
    destroySecret: { prepare: write, input: (id) => ({ path: id, versions: [1] }), applied: isGone },
    deleteMetadata: {
      prepare: write,
      input: (id) => ({ path: id }),
      applied: async (world, id) => ((await call(world, 'GET', `metadata/${id}`)) === undefined ? 1 : 0),
    },
    // Each call makes a user, so that each has a role of its own to count them by.
    readDatabaseCredentials: {
      prepare: ({ server }, id) => server.addDatabaseRole(id),
      input: (role) => ({ role }),
      applied: ({ server }, id) => server.leases.filter((lease) => lease.id.startsWith(`database/creds/${id}/`)).length,
    },
    renewLease: {
      prepare: ({ server }, id) => server.addLease(id),
      input: (leaseId) => ({ leaseId }),
      applied: ({ server }, id) => (server.leases.find((lease) => lease.id === id)?.renewals === 0 ? 0 : 1),
    },
    revokeLease: {
      prepare: ({ server }, id) => server.addLease(id),
      input: (leaseId) => ({ leaseId }),
      applied: ({ server }, id) => (server.leases.some((lease) => lease.id === id) ? 0 : 1),
    },
  },
})
