import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Secret } from '@casare/core'
import type { VaultServer } from '@casare/testing'
import { asked, connect, connectAsApp, endAll, failureOf, failuresOf, startVault } from './support.ts'

let server: VaultServer
beforeEach(async () => {
  server = await startVault()
})
afterEach(endAll)

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const one of source) found.push(one)
  return found
}

const revealed = (data: Readonly<Record<string, Secret>>) =>
  Object.fromEntries(Object.entries(data).map(([name, value]) => [name, value.reveal()]))

describe('version 2', () => {
  test('versions: written, read, patched, deleted, brought back, destroyed, gone', async () => {
    const store = connect(server)
    expect(
      (await store.writeSecret({ path: 'team/app', data: { user: 'me', password: 'one' } })).metadata,
    ).toMatchObject({
      version: 1,
      destroyed: false,
    })
    await store.writeSecret({ path: 'team/app', data: { user: 'me', password: new Secret('two') }, cas: 1 })
    expect(revealed((await store.readSecret({ path: 'team/app' })).data)).toEqual({ user: 'me', password: 'two' })
    const first = await store.readSecret({ path: 'team/app', version: 1 })
    expect(revealed(first.data)).toEqual({ user: 'me', password: 'one' })
    expect(first.metadata?.version).toBe(1)
    await store.patchSecret({ path: 'team/app', data: { user: null, host: 'db' }, cas: 2 })
    expect(revealed((await store.readSecret({ path: 'team/app' })).data)).toEqual({ password: 'two', host: 'db' })

    await store.deleteSecret({ path: 'team/app' })
    const gone = await failureOf(store.readSecret({ path: 'team/app' }))
    expect(gone).toMatchObject({ code: 'not_found', vendorCode: 'deleted', applied: 'no' })
    expect(gone.message).toMatch(/deleted at 20\d\d-.*undeleteSecret/)
    await store.undeleteSecret({ path: 'team/app', versions: [3] })
    await store.deleteSecret({ path: 'team/app', versions: [1] })
    await store.destroySecret({ path: 'team/app', versions: [2, 99] })
    const destroyed = await failureOf(store.readSecret({ path: 'team/app', version: 2 }))
    expect(destroyed).toMatchObject({ code: 'not_found', vendorCode: 'destroyed' })

    const metadata = await store.readMetadata({ path: 'team/app' })
    expect(metadata).toMatchObject({
      currentVersion: 3,
      oldestVersion: 1,
      casRequired: false,
      deleteVersionAfter: '0s',
    })
    expect(
      metadata.versions.map(({ version, destroyed, deletionTime }) => [version, destroyed, deletionTime !== undefined]),
    ).toEqual([
      [1, false, true],
      [2, true, false],
      [3, false, false],
    ])
    await store.deleteMetadata({ path: 'team/app' })
    await store.deleteMetadata({ path: 'team/app' })
    const nothing = await failureOf(store.readSecret({ path: 'team/app' }))
    expect(nothing).toMatchObject({ code: 'not_found', vendorCode: 'nothing_there' })
  })

  test('check-and-set: of many writers that saw the same version one wins, and the others have a conflict', async () => {
    const store = connect(server)
    const writes = Array.from({ length: 20 }, (_, writer) =>
      store.writeSecret({ path: 'a', data: { writer: String(writer) }, cas: 0 }).then(
        () => 'won',
        (error: { code: string; vendorCode: string; applied: string }) =>
          `${error.code} ${error.vendorCode} ${error.applied}`,
      ),
    )
    expect((await Promise.all(writes)).sort()).toEqual([...Array<string>(19).fill('conflict cas_mismatch no'), 'won'])
  })

  test('an engine that demands check-and-set says so', async () => {
    await fetch(`${server.url}/v1/secret/config`, {
      method: 'POST',
      headers: { 'x-vault-token': server.rootToken },
      body: JSON.stringify({ cas_required: true }),
    })
    const error = await failureOf(connect(server).writeSecret({ path: 'a', data: { x: '1' } }))
    expect(error).toMatchObject({ code: 'invalid_input', vendorCode: 'cas_required' })
    expect(error.message).toContain('Give cas')
  })

  test('a lost answer of a write with cas: ours is recognised, and has its answer', async () => {
    const store = connect(server)
    let lost = 1
    server.intercept = ({ method }) => (method === 'POST' && lost-- > 0 ? 'answer lost' : undefined)
    expect(await store.writeSecret({ path: 'a', data: { x: 'mine' }, cas: 0 })).toMatchObject({
      metadata: { version: 1 },
    })
    lost = 1
    server.intercept = ({ method }) => (method === 'PATCH' && lost-- > 0 ? 'answer lost' : undefined)
    expect(await store.patchSecret({ path: 'a', data: { y: 'more' }, cas: 1 })).toMatchObject({
      metadata: { version: 2 },
    })
    expect((await store.readMetadata({ path: 'a' })).currentVersion).toBe(2)
  })

  test('a lost request of a write with cas, and somebody else was faster: a conflict, not a success', async () => {
    const store = connect(server)
    const other = connect(server)
    let first = true
    server.intercept = async ({ method, token }) => {
      if (method !== 'POST' || !first || token !== server.rootToken) return undefined
      first = false
      await other.writeSecret({ path: 'a', data: { x: 'theirs' }, cas: 0 })
      return { status: 502 }
    }
    const error = await failureOf(store.writeSecret({ path: 'a', data: { x: 'mine' }, cas: 0 }))
    expect(error).toMatchObject({ code: 'conflict', applied: 'no' })
    expect(revealed((await store.readSecret({ path: 'a' })).data)).toEqual({ x: 'theirs' })
  })

  test('a lost answer of a write without cas is unknown, and not repeated', async () => {
    const store = connect(server)
    server.intercept = ({ method }) => (method === 'POST' ? 'answer lost' : undefined)
    const error = await failureOf(store.writeSecret({ path: 'a', data: { x: 'mine' } }))
    expect(error).toMatchObject({ code: 'outcome_unknown', applied: 'maybe', retryable: false })
    expect(asked(server, 'secret/data/a')).toBe(1)
  })

  test('a lost answer whose version nobody may read is unknown', async () => {
    server.putPolicy('writer', [{ path: 'secret/data/*', capabilities: ['create', 'update'] }])
    const token = server.issueToken({ policies: ['default', 'writer'] })
    const store = connect(server, { auth: { kind: 'token', token } })
    server.intercept = ({ method }) => (method === 'POST' ? 'answer lost' : undefined)
    expect(await failureOf(store.writeSecret({ path: 'a', data: { x: 'mine' }, cas: 0 }))).toMatchObject({
      applied: 'maybe',
    })
  })

  test('values that are no texts leave as JSON', async () => {
    await fetch(`${server.url}/v1/secret/data/a`, {
      method: 'POST',
      headers: { 'x-vault-token': server.rootToken },
      body: JSON.stringify({ data: { port: 5432, hosts: ['a', 'b'], none: null, on: true } }),
    })
    expect(revealed((await connect(server).readSecret({ path: 'a' })).data)).toEqual({
      port: '5432',
      hosts: '["a","b"]',
      none: 'null',
      on: 'true',
    })
  })
})

describe('version 1', () => {
  test('written, read, listed, deleted', async () => {
    server.mount('old', 'kv', '1')
    const store = connect(server, { kv: { mount: 'old', version: 1 } })
    expect(await store.writeSecret({ path: 'a/b', data: { x: '1' } })).toEqual({})
    const { data, metadata } = await store.readSecret({ path: 'a/b' })
    expect([revealed(data), metadata]).toEqual([{ x: '1' }, undefined])
    expect(await store.listSecrets({ path: 'a' })).toEqual({ names: ['b'] })
    await store.deleteSecret({ path: 'a/b' })
    await store.deleteSecret({ path: 'a/b' })
    expect(await failureOf(store.readSecret({ path: 'a/b' }))).toMatchObject({ code: 'not_found' })
  })

  test('it has no versions, and says so before anything is sent', async () => {
    server.mount('old', 'kv', '1')
    const store = connect(server, { kv: { mount: 'old', version: 1 } })
    for (const error of await failuresOf([
      store.readSecret({ path: 'a', version: 1 }),
      store.patchSecret({ path: 'a', data: { x: '1' } }),
      store.deleteSecret({ path: 'a', versions: [1] }),
      store.undeleteSecret({ path: 'a', versions: [1] }),
      store.destroySecret({ path: 'a', versions: [1] }),
      store.readMetadata({ path: 'a' }),
      store.deleteMetadata({ path: 'a' }),
    ]))
      expect(error).toMatchObject({ code: 'unsupported', applied: 'no' })
    expect(await failureOf(store.writeSecret({ path: 'a', data: {}, cas: 0 }))).toMatchObject({ code: 'invalid_input' })
    expect(server.requests).toEqual([])
  })
})

test.each(['ü/日本語', 'a b', 'a%2Fb', "it's?x=1#y", 'a+b&c', 'with {braces}', 'x'.repeat(2_000)])(
  'the path %j is one path, there and back',
  async (path) => {
    const store = connect(server)
    await store.writeSecret({ path, data: { x: path } })
    expect((await store.readSecret({ path })).data['x']?.reveal()).toBe(path)
    const paths = await all(store.secrets.read({}))
    expect(paths).toEqual([{ path }])
  },
)

test.each(['', '/a', 'a/', 'a//b', '.', 'a/../b', '..', 'a/./b', '\ud800'])('the path %j is refused', async (path) => {
  const store = connect(server)
  for (const error of await failuresOf([
    store.readSecret({ path }),
    store.readSecret({ path: 'a', mount: path }),
    store.readDatabaseCredentials({ role: path }),
  ]))
    expect(error).toMatchObject({ code: 'invalid_input', applied: 'no' })
  expect(server.requests).toEqual([])
})

test.each(['', 'grüße 🦊\r\n\0', '"\\', 'x'.repeat(500_000)])('the value %# comes back as it was', async (value) => {
  const store = connect(server)
  await store.writeSecret({ path: 'a', data: { value } })
  expect((await store.readSecret({ path: 'a' })).data['value']?.reveal()).toBe(value)
})

test('half of a surrogate pair is refused rather than changed on its way', async () => {
  expect(await failureOf(connect(server).writeSecret({ path: 'a', data: { x: '\ud800' } }))).toMatchObject({
    code: 'invalid_input',
    applied: 'no',
  })
})

test('odd names of fields are fields', async () => {
  const store = connect(server)
  const data = JSON.parse('{"constructor":"1","toString":"2","":"3","a.b":"4"}') as Record<string, string>
  await store.writeSecret({ path: 'a', data })
  expect(revealed((await store.readSecret({ path: 'a' })).data)).toEqual(data)
  const withProto = JSON.parse('{"__proto__":"1","x":"2"}') as Record<string, string>
  expect(await failureOf(store.writeSecret({ path: 'b', data: withProto }))).toMatchObject({ code: 'invalid_input' })
})

test('lists: folders, order, and an empty folder that is none', async () => {
  const store = connect(server)
  for (const path of ['b', 'a/x', 'a-b', 'a', 'a/y/z']) await store.writeSecret({ path, data: { x: '1' } })
  expect(await store.listSecrets()).toEqual({ names: ['a', 'a-b', 'a/', 'b'] })
  expect(await store.listSecrets({ path: 'a' })).toEqual({ names: ['x', 'y/'] })
  expect(await store.listSecrets({ path: 'none' })).toEqual({ names: [] })
  expect(await failureOf(store.listSecrets({ mount: 'nowhere' }))).toMatchObject({
    code: 'not_found',
    vendorCode: 'no_such_path',
  })
  const pages = await all(store.secrets.read({}, { pageSize: 2 }).pages())
  expect(pages.flatMap(({ records }) => records.map(({ path }) => path))).toEqual(['a', 'a-b', 'a/x', 'a/y/z', 'b'])
  const rest = store.secrets.read({}, { cursor: { after: 'a/x' } })
  expect((await all(rest)).map(({ path }) => path)).toEqual(['a/y/z', 'b'])
})

test('a namespace is another Vault', async () => {
  server.addNamespace('team')
  await connect(server, { namespace: 'team' }).writeSecret({ path: 'a', data: { x: '1' } })
  expect(await failureOf(connect(server).readSecret({ path: 'a' }))).toMatchObject({ code: 'not_found' })
  expect((await connect(server, { namespace: 'team' }).readHealth()).sealed).toBe(false)
  expect(server.requests.at(-1)).toMatchObject({ path: 'sys/health', namespace: '', token: undefined })
})

test('faces of JSON get handles in place of values, and may use them', async () => {
  const store = connectAsApp(server)
  await store.writeSecret({ path: 'a', data: { password: 'a value of mine' } })
  const answer = await store.$.execute('readSecret', { path: 'a' })
  expect(JSON.stringify(answer)).not.toContain('a value of mine')
  const { data } = (answer as { output: { data: object } }).output
  expect(await store.$.execute('writeSecret', { path: 'b', data })).toMatchObject({ success: true })
  expect((await store.readSecret({ path: 'b' })).data['password']?.reveal()).toBe('a value of mine')
})
