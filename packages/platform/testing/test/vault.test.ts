import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import HashiVault from 'hashi-vault-js'
import nodeVault from 'node-vault'
import { vaultServer, type VaultServer } from '../src/index.ts'

/** The simulator is what two clients of others, which know nothing of each other, take for Vault. */
let vault: VaultServer
let root: nodeVault.client
let hashi: HashiVault
const nodeVaultOf = (token: string, more: object = {}): nodeVault.client =>
  nodeVault({ endpoint: vault.url, token, ...more })

beforeEach(async () => {
  vault = await vaultServer()
  root = nodeVaultOf(vault.rootToken)
  hashi = new HashiVault({ baseUrl: `${vault.url}/v1`, timeout: 5_000, proxy: false })
})
afterEach(() => vault.close())

/** node-vault takes each token that it is given for its own, so that this is a client of its own. */
const newToken = (options: object, by = vault.rootToken) => nodeVaultOf(by).tokenCreate(options)

/** The status and the texts of a refusal, as either client shows it. */
async function refusalOf(call: PromiseLike<unknown>): Promise<{ status: number; errors: string[]; data?: unknown }> {
  try {
    await call
  } catch (error) {
    const { response } = error as { response: Record<string, unknown> }
    const body = (response['body'] ?? response['data']) as { errors?: string[]; data?: unknown }
    return { status: Number(response['statusCode'] ?? response['status']), errors: body.errors ?? [], data: body.data }
  }
  throw new Error('expected a refusal')
}

describe('node-vault', () => {
  test('key/value version 2: versions, check-and-set, soft delete, undelete, destroy', async () => {
    expect(await root.write('secret/data/app', { data: { password: 'grüße' }, options: { cas: 0 } })).toMatchObject({
      data: { version: 1, destroyed: false, deletion_time: '', custom_metadata: null },
    })
    expect(await refusalOf(root.write('secret/data/app', { data: {}, options: { cas: 0 } }))).toEqual({
      status: 400,
      errors: ['check-and-set parameter did not match the current version'],
    })
    await root.write('secret/data/app', { data: { password: 'two', user: 'me' }, options: { cas: 1 } })
    expect((await root.read('secret/data/app')).data).toMatchObject({
      data: { password: 'two', user: 'me' },
      metadata: { version: 2 },
    })
    expect((await root.read('secret/data/app?version=1')).data.data).toEqual({ password: 'grüße' })
    await root.update('secret/data/app', { data: { user: null, more: 1 } })
    expect((await root.read('secret/data/app')).data.data).toEqual({ password: 'two', more: 1 })

    await root.delete('secret/data/app')
    expect(await refusalOf(root.read('secret/data/app'))).toMatchObject({
      status: 404,
      data: { data: null, metadata: { version: 3, deletion_time: expect.stringMatching(/^20/), destroyed: false } },
    })
    await root.write('secret/undelete/app', { versions: [3] })
    expect((await root.read('secret/data/app')).data.metadata.version).toBe(3)
    await root.write('secret/destroy/app', { versions: [2] })
    expect(await refusalOf(root.read('secret/data/app?version=2'))).toMatchObject({
      status: 404,
      data: { metadata: { destroyed: true } },
    })
    const { data } = await root.read('secret/metadata/app')
    expect(data).toMatchObject({ current_version: 3, oldest_version: 1, cas_required: false })
    expect(Object.keys(data.versions)).toEqual(['1', '2', '3'])
    await root.delete('secret/metadata/app')
    expect(await refusalOf(root.read('secret/data/app'))).toEqual({ status: 404, errors: [] })
  })

  test('lists with the verb LIST and with GET, folders with a slash', async () => {
    for (const path of ['a', 'b/c', 'b/d/e']) await root.write(`secret/data/${path}`, { data: { x: 1 } })
    expect((await root.list('secret/metadata/')).data.keys).toEqual(['a', 'b/'])
    expect((await root.list('secret/metadata/b')).data.keys).toEqual(['c', 'd/'])
    const withGet = nodeVaultOf(vault.rootToken, { noCustomHTTPVerbs: true })
    expect((await withGet.list('secret/metadata/b')).data.keys).toEqual(['c', 'd/'])
    expect(await refusalOf(root.list('secret/metadata/none'))).toEqual({ status: 404, errors: [] })
  })

  test('key/value version 1', async () => {
    await root.mount({ mount_point: 'old', type: 'kv', options: { version: '1' } })
    expect((await root.mounts()).data['old/']).toMatchObject({ type: 'kv', options: { version: '1' } })
    await root.write('old/a/b', { user: 'me' })
    expect(await root.read('old/a/b')).toMatchObject({ data: { user: 'me' }, lease_duration: 2_764_800 })
    expect((await root.list('old/a')).data.keys).toEqual(['b'])
    await root.delete('old/a/b')
    expect(await refusalOf(root.read('old/a/b'))).toEqual({ status: 404, errors: [] })
  })

  test('AppRole: a role, its ids, the login, and a secret id that is used up', async () => {
    await root.addApproleRole({ role_name: 'app', policies: 'reader', token_ttl: 120, secret_id_num_uses: 2 })
    const { role_id } = (await root.getApproleRoleId({ role_name: 'app' })).data
    const { secret_id } = (await root.getApproleRoleSecret({ role_name: 'app' })).data
    const app = nodeVaultOf('')
    const { auth } = await app.approleLogin({ role_id, secret_id })
    expect(auth).toMatchObject({ policies: ['default', 'reader'], lease_duration: 120, renewable: true })
    expect((await app.tokenLookupSelf()).data).toMatchObject({ display_name: 'approle', path: 'auth/approle/login' })
    await app.approleLogin({ role_id, secret_id })
    expect(await refusalOf(app.approleLogin({ role_id, secret_id }))).toEqual({
      status: 400,
      errors: ['invalid role or secret ID'],
    })
    expect(vault.logins).toBe(2)
  })

  test('policies: the rule that fits best decides', async () => {
    const policy = `
      path "secret/data/app/*" { capabilities = ["create", "read"] }
      path "secret/data/app/locked" { capabilities = ["deny"] }
      path "secret/metadata/+/list" { capabilities = ["list"] }`
    await root.addPolicy({ name: 'reader', policy })
    const { auth } = await newToken({ policies: ['reader'] })
    const app = nodeVaultOf(auth.client_token)
    await app.write('secret/data/app/one', { data: { a: 1 } })
    expect((await app.read('secret/data/app/one')).data.data).toEqual({ a: 1 })
    const denied = { status: 403, errors: ['1 error occurred:\n\t* permission denied\n\n'] }
    expect(await refusalOf(app.write('secret/data/app/one', { data: { a: 2 } }))).toEqual(denied)
    expect(await refusalOf(app.read('secret/data/app/locked'))).toEqual(denied)
    expect(await refusalOf(app.read('secret/data/other'))).toEqual(denied)
    expect(await refusalOf(app.list('secret/metadata/app/list'))).toEqual({ status: 404, errors: [] })
  })

  test('tokens: renewed up to their limit, over with time, revoked with their children', async () => {
    const { auth } = await newToken({ ttl: '60s', explicit_max_ttl: '100s', policies: ['default'] })
    const app = nodeVaultOf(auth.client_token)
    vault.advance(50)
    expect((await app.tokenRenewSelf({ increment: '60' })).auth.lease_duration).toBe(50)
    vault.advance(49)
    expect((await app.tokenLookupSelf()).data.ttl).toBe(1)
    vault.advance(2)
    expect(await refusalOf(app.tokenLookupSelf())).toEqual({
      status: 403,
      errors: ['2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n'],
    })
    vault.saysInvalidToken = false
    expect((await refusalOf(app.tokenLookupSelf())).errors[0]).not.toContain('invalid token')

    const parentToken = (await newToken({ policies: ['root'] })).auth.client_token as string
    const parent = nodeVaultOf(parentToken)
    const child = nodeVaultOf((await newToken({ policies: ['root'] }, parentToken)).auth.client_token)
    await parent.tokenRevokeSelf()
    expect((await refusalOf(child.tokenLookupSelf())).status).toBe(403)
    expect((await refusalOf(nodeVaultOf('').read('secret/data/app'))).status).toBe(403)
  })

  test('database credentials are leases: renewed, revoked, over with time and with their token', async () => {
    vault.addDatabaseRole('app', { ttlSeconds: 60, maxTtlSeconds: 90 })
    const one = await root.read('database/creds/app')
    expect(one).toMatchObject({
      lease_id: expect.stringMatching(/^database\/creds\/app\/.{20,}/),
      lease_duration: 60,
      renewable: true,
      data: { username: expect.stringMatching(/^v-root-app-/), password: expect.any(String) },
    })
    vault.advance(50)
    expect(await root.renew({ lease_id: one.lease_id, increment: 60 })).toMatchObject({ lease_duration: 40 })
    await root.revoke({ lease_id: one.lease_id })
    await root.revoke({ lease_id: one.lease_id })
    expect(await refusalOf(root.renew({ lease_id: one.lease_id }))).toEqual({
      status: 400,
      errors: ['lease not found'],
    })
    const { auth } = await newToken({ policies: ['root'], ttl: '1h' })
    await nodeVaultOf(auth.client_token).read('database/creds/app')
    expect(vault.leases).toHaveLength(1)
    await nodeVaultOf(auth.client_token).tokenRevokeSelf()
    expect(vault.leases).toEqual([])
    expect((await refusalOf(root.read('database/creds/none'))).errors).toEqual(['unknown role: none'])
  })

  test('sealed, standby, and what is not there', async () => {
    expect(await root.health()).toMatchObject({ sealed: false, standby: false, initialized: true })
    await root.seal()
    expect(await root.status()).toMatchObject({ sealed: true })
    expect(await root.health()).toMatchObject({ sealed: true })
    expect(await refusalOf(root.read('secret/data/a'))).toEqual({ status: 503, errors: ['Vault is sealed'] })
    await root.unseal({ key: 'any', secret_shares: 1 })
    vault.state.standby = true
    expect(await root.health({ standbyok: true })).toMatchObject({ standby: true })
    expect((await refusalOf(root.read('secret/data/a'))).status).toBe(500)
    vault.state.standby = false
    expect(await refusalOf(root.read('nowhere/a'))).toEqual({
      status: 404,
      errors: ['no handler for route "nowhere/a". route entry not found.'],
    })
    expect((await refusalOf(root.read('secret/no-such-kind/a'))).status).toBe(404)
    expect((await refusalOf(root.delete('sys/leases/renew'))).status).toBe(405)
    expect((await refusalOf(root.delete('database/creds/none'))).status).toBe(404)
  })

  test('namespaces share nothing, and tokens stay in their own', async () => {
    vault.addNamespace('team')
    const team = nodeVaultOf(vault.rootToken, { namespace: 'team' })
    await team.write('secret/data/app', { data: { a: 1 } })
    expect(await refusalOf(root.read('secret/data/app'))).toEqual({ status: 404, errors: [] })
    const { auth } = await nodeVaultOf(vault.rootToken, { namespace: 'team' }).tokenCreate({ policies: ['root'] })
    await nodeVaultOf(auth.client_token, { namespace: 'team' }).read('secret/data/app')
    expect((await refusalOf(nodeVaultOf(auth.client_token).read('secret/data/app'))).status).toBe(403)
    expect((await refusalOf(nodeVaultOf(vault.rootToken, { namespace: 'none' }).read('secret/data/app'))).status).toBe(
      404,
    )
  })
})

describe('hashi-vault-js', () => {
  test('key/value version 2, with its own words for it', async () => {
    const token = vault.rootToken
    expect(await hashi.createKVSecret(token, 'app', { a: 'one' })).toMatchObject({ version: 1 })
    expect((await refusalOf(hashi.createKVSecret(token, 'app', { a: 'one' }))).status).toBe(400)
    expect(await hashi.updateKVSecret(token, 'app', { a: 'two' }, 1)).toMatchObject({ version: 2 })
    expect(await hashi.readKVSecret(token, 'app')).toMatchObject({ data: { a: 'two' }, metadata: { version: 2 } })
    expect(await hashi.readKVSecret(token, 'app', 1)).toMatchObject({ data: { a: 'one' } })
    await hashi.deleteVersionsKVSecret(token, 'app', [1])
    expect((await refusalOf(hashi.readKVSecret(token, 'app', 1))).status).toBe(404)
    await hashi.undeleteVersionsKVSecret(token, 'app', [1])
    expect(await hashi.readKVSecret(token, 'app', 1)).toMatchObject({ data: { a: 'one' } })
    await hashi.destroyVersionsKVSecret(token, 'app', [1])
    await hashi.deleteLatestVerKVSecret(token, 'app')
    await hashi.createKVSecretMeta(token, 'app', { max_versions: 3, custom_metadata: { team: 'x' } } as never)
    expect(await hashi.readKVSecretMeta(token, 'app')).toMatchObject({
      max_versions: 3,
      custom_metadata: { team: 'x' },
      versions: { 1: { destroyed: true }, 2: { deletion_time: expect.stringMatching(/^20/) } },
    })
    await hashi.createKVSecret(token, 'folder/inner', { a: 'one' })
    expect(await hashi.listKVSecrets(token)).toMatchObject({ keys: ['app', 'folder/'] })
    expect(await hashi.listKVSecrets(token, 'folder')).toMatchObject({ keys: ['inner'] })
    await hashi.updateKVEngineConfig(token, { max_versions: 5, cas_required: true })
    expect(await hashi.readKVEngineConfig(token)).toMatchObject({ max_versions: 5, cas_required: true })
    await hashi.eliminateKVSecret(token, 'app')
    expect((await refusalOf(hashi.readKVSecretMeta(token, 'app'))).status).toBe(404)
  })

  test('AppRole and tokens', async () => {
    const { roleId } = vault.addAppRole('app', { tokenTtlSeconds: 30 })
    const made = (await hashi.generateAppRoleSecretId(vault.rootToken, 'app', undefined)) as {
      secret_id: string
    }
    expect(await hashi.readAppRoleSecretId(vault.rootToken, 'app', made.secret_id)).toMatchObject({
      secret_id_num_uses: 0,
    })
    const login = (await Promise.resolve(hashi.loginWithAppRole(roleId, made.secret_id))) as { client_token: string }
    expect(login).toMatchObject({ lease_duration: 30, renewable: true })
    expect(await hashi.lookupSelfToken(login.client_token)).toMatchObject({ ttl: 30, meta: { role_name: 'app' } })
    vault.advance(20)
    expect(await hashi.renewSelfToken(login.client_token, '30s')).toMatchObject({ lease_duration: 30 })
    await hashi.revokeSelfToken(login.client_token)
    expect((await refusalOf(hashi.lookupSelfToken(login.client_token))).status).toBe(403)
    await hashi.destroyAppRoleSecretId(vault.rootToken, 'app', made.secret_id)
    expect((await refusalOf(hashi.loginWithAppRole(roleId, made.secret_id) as Promise<unknown>)).status).toBe(400)
    const child = (await hashi.createToken(vault.rootToken, { policies: ['default'], num_uses: 1 } as never)) as {
      client_token: string
    }
    await hashi.lookupSelfToken(child.client_token)
    expect((await refusalOf(hashi.lookupSelfToken(child.client_token))).status).toBe(403)
  })

  test('health of a node that is sealed, and of standbys', async () => {
    expect(await hashi.healthCheck()).toMatchObject({ sealed: false })
    for (const [state, status] of [
      [{ sealed: true }, 503],
      [{ sealed: false, standby: true }, 429],
      [{ standby: false, performanceStandby: true }, 473],
    ] as const) {
      Object.assign(vault.state, state)
      expect((await refusalOf(hashi.healthCheck())).status).toBe(status)
    }
    expect(await hashi.healthCheck({ perfstandbyok: true })).toMatchObject({ performance_standby: true })
    expect(await hashi.sealStatus()).toMatchObject({ sealed: false, type: 'shamir' })
  })
})

test('what goes wrong on purpose', async () => {
  vault.intercept = ({ path }) => (path === 'secret/data/a' ? 'answer lost' : undefined)
  await expect(root.write('secret/data/a', { data: { x: 1 } })).rejects.toThrow()
  vault.intercept = () => ({ status: 429, errors: ['rate limit quota exceeded'] })
  expect(await refusalOf(root.read('secret/data/a'))).toEqual({ status: 429, errors: ['rate limit quota exceeded'] })
  vault.intercept = undefined
  expect((await root.read('secret/data/a')).data.data).toEqual({ x: 1 })
})
