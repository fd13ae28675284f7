import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { casare, casareHere, expectCleanFailure, inFolder, projectFolder } from './support/casare.ts'

let project: Awaited<ReturnType<typeof projectFolder>>
beforeAll(async () => {
  project = await projectFolder()
})
afterAll(() => project.remove())

const flow = `flow: numbers
connections:
  api: { connector: rest, config: { baseUrl: 'http://127.0.0.1:9', auth: { kind: api_key, key: 'secret://store/api/token' } } }
  warehouse: { connector: sqlite, config: { path: '\${flowFolder}/warehouse.db' } }
read: { from: api.records, input: { path: /numbers } }
write: { to: warehouse.rows, input: { table: numbers } }
`

test('set, list, get, replace, delete: from a shell', async () => {
  const folder = await inFolder(project.path, 'shell', {})
  const run = (args: readonly string[], stdin = '') => casare(['secrets', ...args], { folder, stdin })
  expect(await run(['list'])).toMatchObject({ code: 0, stdout: expect.stringContaining('No secrets') })
  expect(await run(['set', 'api/token'], 'the-first-token\n')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('secret://store/api/token'),
  })
  expect(await run(['get', 'api/token'])).toMatchObject({ code: 0, stdout: 'the-first-token\n' })
  expect((await run(['set', 'api/token'], 'the-second-token')).stdout).toContain('Replaced')
  const listed = await run(['list'])
  expect(listed.stdout).toMatch(/api\/token +2 /)
  expect(listed.stdout).not.toContain('second')
  expect((await run(['rotate'])).stdout).toContain('1 secrets')
  expect((await run(['get', 'api/token'])).stdout).toBe('the-second-token\n')
  const files = join(folder, '.casare')
  expect((await readdir(files)).sort()).toEqual(['audit.jsonl', 'secrets.json', 'secrets.key'])
  for (const name of await readdir(files)) expect((await stat(join(files, name))).mode & 0o777).toBe(0o600)
  expect(await readFile(join(files, 'secrets.json'), 'utf8')).not.toContain('token')
  expect((await run(['delete', 'api/token'])).code).toBe(0)
  expectCleanFailure(await run(['get', 'api/token']), 1)
})

test('with a passphrase; a wrong one opens nothing', async () => {
  const folder = await inFolder(project.path, 'passphrase', {})
  const run = (args: readonly string[], env: Record<string, string>, stdin = '') =>
    casareHere(['secrets', ...args], { folder, env, stdin })
  const first = { CASARE_SECRETS_KEY: 'correct horse battery' }
  const second = { CASARE_SECRETS_KEY: 'another passphrase' }
  expect((await run(['set', 'a'], first, 'value-of-a')).code).toBe(0)
  const wrong = await run(['get', 'a'], second)
  expectCleanFailure(wrong, 1)
  expect(wrong.stderr).toContain('the passphrase is not the right one')
  expect((await run(['rotate'], first)).stderr).toContain('CASARE_SECRETS_NEW_KEY')
  expect((await run(['rotate'], { ...first, CASARE_SECRETS_NEW_KEY: second.CASARE_SECRETS_KEY })).code).toBe(0)
  expect((await run(['get', 'a'], second)).stdout).toBe('value-of-a\n')
})

test('a flow refers to it; one that is missing says how to set it', async () => {
  const folder = await inFolder(project.path, 'flow', { 'numbers.yaml': flow })
  const run = (args: readonly string[], stdin = '') => casareHere(args, { folder, stdin })
  const missing = await run(['check', 'numbers.yaml', '--offline'])
  expectCleanFailure(missing, 2)
  expect(missing.stderr).toContain('casare secrets set api/token')
  await run(['secrets', 'set', 'api/token'], 'a-token-of-the-api')
  const found = await run(['check', 'numbers.yaml', '--offline'])
  expect(found.stderr + found.stdout).not.toContain('secrets set')
})
