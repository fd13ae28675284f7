import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { vaultServer, type VaultServer } from '@casare/testing'
import { casareHere, expectCleanFailure, inFolder, projectFolder } from './support/casare.ts'

let project: Awaited<ReturnType<typeof projectFolder>>
let vault: VaultServer
let api: Server
const seen: (string | undefined)[] = []
beforeAll(async () => {
  project = await projectFolder()
  vault = await vaultServer()
  await fetch(`${vault.url}/v1/secret/data/crm/api`, {
    method: 'POST',
    headers: { 'x-vault-token': vault.rootToken },
    body: JSON.stringify({ data: { token: 'the-token-in-the-vault' } }),
  })
  api = createServer((request, response) => {
    seen.push(request.headers.authorization)
    response.setHeader('content-type', 'application/json')
    response.end('[{"id":1}]')
  })
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  await vault[Symbol.asyncDispose]()
  api.closeAllConnections()
  await new Promise((resolve) => api.close(resolve))
  await project.remove()
})

const flow = (reference: string): string => `flow: numbers
connections:
  api:
    connector: rest
    config: { baseUrl: 'http://127.0.0.1:${(api.address() as AddressInfo).port}', auth: { kind: bearer, token: '${reference}' } }
  warehouse: { connector: sqlite, config: { path: '\${flowFolder}/warehouse.db' } }
  team-vault: { connector: vault, config: { address: '${vault.url}', auth: { kind: token, token: 'secret://env/VAULT_TOKEN' } } }
read: { from: api.records, input: { path: /numbers } }
write: { to: warehouse.rows, input: { table: numbers } }
`

test('a flow’s connection to a vault gives the secrets of its other connections', async () => {
  const folder = await inFolder(project.path, 'vault', { 'numbers.yaml': flow('secret://team-vault/crm/api#token') })
  const env = { VAULT_TOKEN: vault.rootToken }
  await casareHere(
    [
      'call',
      'sqlite.query',
      '{"text":"create table numbers (id integer)"}',
      '--config',
      `{"path":"${folder}/warehouse.db"}`,
    ],
    { folder },
  )
  const ran = await casareHere(['run', 'numbers.yaml'], { folder, env })
  expect(ran).toMatchObject({ code: 0 })
  expect(seen).toEqual(['Bearer the-token-in-the-vault'])
  expect(ran.stdout + ran.stderr).not.toContain('the-token-in-the-vault')
})

test('what is missing there, and who may not look, is said with its place', async () => {
  const folder = await inFolder(project.path, 'missing', {
    'path.yaml': flow('secret://team-vault/crm/nobody#token'),
    'field.yaml': flow('secret://team-vault/crm/api#nothing'),
    'name.yaml': flow('secret://vault/crm/api#token'),
    'right.yaml': flow('secret://team-vault/crm/api#token'),
  })
  const run = (file: string, token: string) => casareHere(['run', file], { folder, env: { VAULT_TOKEN: token } })
  for (const [file, token, words] of [
    ['path.yaml', vault.rootToken, 'connections.api.config.auth.token'],
    ['field.yaml', vault.rootToken, 'no field'],
    ['name.yaml', vault.rootToken, 'no provider of secrets "vault"'],
    ['right.yaml', 'not-a-token-of-anybody', 'connections.api.config.auth.token'],
  ] as const) {
    const failed = await run(file, token)
    expectCleanFailure(failed, failed.code ?? -1)
    expect(failed.code).not.toBe(0)
    expect(failed.stderr).toContain(words)
  }
})
