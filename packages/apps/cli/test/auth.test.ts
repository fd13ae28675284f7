import { createServer, type Server } from 'node:http'
import { readdir, readFile, stat } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startProvider, type TestProvider } from '../../../platform/auth/test/support/provider.ts'
import {
  casare,
  casareHere,
  ended,
  expectCleanFailure,
  inFolder,
  projectFolder,
  start,
  type Ended,
} from './support/casare.ts'

let project: Awaited<ReturnType<typeof projectFolder>>
let provider: TestProvider
let api: Server
/** The Authorization headers that the API was sent. */
const seen: string[] = []
beforeAll(async () => {
  project = await projectFolder()
  provider = await startProvider()
  api = createServer((request, response) => {
    const authorization = request.headers.authorization ?? ''
    seen.push(authorization)
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end('{"ok":true}')
  })
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  await provider[Symbol.asyncDispose]()
  api.closeAllConnections()
  await new Promise((resolve) => api.close(resolve))
  await project.remove()
})

/** Runs a login whose address is opened as soon as it is printed. */
async function login(args: readonly string[], folder: string): Promise<Ended> {
  const child = start(['auth', 'login', ...args, '--issuer', provider.issuer], { folder })
  const done = ended(child)
  let told = ''
  const opened = new Promise<void>((resolve) =>
    child.stderr?.on('data', (chunk: Buffer) => {
      told += chunk.toString()
      const url = /Open (\S+)/.exec(told)?.[1]
      if (url === undefined || !told.includes('\n')) return
      child.stderr?.removeAllListeners('data')
      void provider
        .login(url)
        .then((end) => (end.startsWith('http://127.0.0.1') ? fetch(end) : undefined))
        .then(() => resolve())
    }),
  )
  await Promise.race([opened, done])
  return done
}

test('log in with a browser, see it, refresh it, use it, log out: from a shell', async () => {
  const folder = await inFolder(project.path, 'browser', {})
  const run = (args: readonly string[]) => casare(args, { folder })
  expect((await run(['auth', 'status'])).stdout).toContain('No logins')
  expect(await login(['crm', '--client-id', 'public'], folder)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('secret://login/crm'),
  })
  const status = JSON.parse((await run(['auth', 'status', '--json'])).stdout) as { logins: { expiresAt: string }[] }
  expect(status.logins).toMatchObject([
    { name: 'crm', issuer: provider.issuer, clientId: 'public', state: 'good', refreshable: true },
  ])
  // Nothing of the tokens can be read in the files.
  const files = join(folder, '.casare')
  expect((await readdir(files)).sort()).toEqual([
    'audit.jsonl',
    'logins.json',
    'secrets.json',
    'secrets.key',
    'tokens.json',
  ])
  for (const name of await readdir(files)) expect((await stat(join(files, name))).mode & 0o777).toBe(0o600)
  expect(await readFile(join(files, 'tokens.json'), 'utf8')).not.toMatch(/refreshToken|accessToken/)
  const before = provider.grants.length
  expect((await run(['auth', 'refresh', 'crm'])).stdout).toContain('Refreshed, good until')
  expect(provider.grants.slice(before)).toEqual(['refresh_token'])
  const baseUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
  const config = JSON.stringify({ baseUrl, auth: { kind: 'bearer', token: 'secret://login/crm' } })
  const called = await run(['call', 'rest.get', '{"path":"/things"}', '--config', config])
  expect(called).toMatchObject({ code: 0 })
  expect(seen.at(-1)).toMatch(/^Bearer .{20,}$/)
  expect(called.stdout + called.stderr).not.toContain(seen.at(-1)?.slice(7))
  expect((await run(['auth', 'logout', 'crm'])).stdout).toContain('revoked')
  expect((await run(['auth', 'status'])).stdout).toContain('No logins')
  const gone = await run(['call', 'rest.get', '{"path":"/things"}', '--config', config])
  expect(gone.code).toBe(2)
  expect(gone.stderr).toContain('There is no login "crm"')
})

test('log in on another device', async () => {
  const folder = await inFolder(project.path, 'device', {})
  expect(await login(['crm', '--client-id', 'public', '--device'], folder)).toMatchObject({ code: 0 })
  expect(JSON.parse((await casareHere(['auth', 'refresh', 'crm', '--json'], { folder })).stdout)).toMatchObject({
    name: 'crm',
  })
})

test('what is wrong is said, and a login that fails leaves none behind', async () => {
  const folder = await inFolder(project.path, 'wrong', {})
  const run = (args: readonly string[]) => casareHere(args, { folder })
  const server = ['--issuer', provider.issuer]
  for (const [args, words] of [
    [['auth', 'login'], 'one name'],
    [['auth', 'login', '../x'], 'letters, digits'],
    [['auth', 'login', 'crm'], '--issuer and --client-id'],
    [['auth', 'login', 'crm', ...server, '--client-id', 'x', '--client-secret', 'in-plain-text'], 'takes a reference'],
    [['auth', 'login', 'crm', ...server, '--client-id', 'x', '--port', '99999'], 'from 1 to 65535'],
    [['auth', 'refresh'], 'Name one login'],
    [['auth', 'logout', 'a', 'b'], 'Name one login'],
  ] as const) {
    const failed = await run(args)
    expectCleanFailure(failed, 2)
    expect(failed.stderr).toContain(words)
  }
  const unknown = await run(['auth', 'refresh', 'crm'])
  expectCleanFailure(unknown, 1)
  expect(unknown.stderr).toContain('casare auth login crm')
  const noClient = await run(['auth', 'login', 'crm', ...server, '--client-id', 'nobody', '--device'])
  expectCleanFailure(noClient, 1)
  const noSecret = await run([
    'auth',
    'login',
    'crm',
    ...server,
    '--client-id',
    'basic',
    '--client-secret',
    'secret://store/none',
  ])
  expectCleanFailure(noSecret, 1)
  expect((await run(['auth', 'status'])).stdout).toContain('No logins')
})

test('a grant that was taken away: log in again, and the stored one is left as it is', async () => {
  const folder = await inFolder(project.path, 'revoked', {})
  expect((await login(['crm', '--client-id', 'public'], folder)).code).toBe(0)
  const tokens = join(folder, '.casare', 'tokens.json')
  const before = await readFile(tokens, 'utf8')
  provider.intercept = (request, response) => {
    if (request.url !== '/token') return false
    response.writeHead(400, { 'content-type': 'application/json' })
    response.end('{"error":"invalid_grant"}')
    return true
  }
  const failed = await casareHere(['auth', 'refresh', 'crm'], { folder })
  provider.intercept = undefined
  expectCleanFailure(failed, 1)
  expect(failed.stderr).toContain('Log in again')
  const valueOf = (text: string): unknown =>
    (JSON.parse(text) as { entries: { crm: { value: string } } }).entries.crm.value
  expect(valueOf(await readFile(tokens, 'utf8'))).toBe(valueOf(before))
  expect((await casareHere(['auth', 'refresh', 'crm'], { folder })).code).toBe(0)
})
