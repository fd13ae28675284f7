import { createServer as createSecureServer } from 'node:https'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { generate } from 'selfsigned'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  casare,
  casareHere,
  expectCleanFailure,
  inFolder,
  projectFolder,
  secretValue,
  type Ended,
} from './support/casare.ts'

let project: Awaited<ReturnType<typeof projectFolder>>
const servers: Server[] = []
beforeAll(async () => {
  project = await projectFolder()
})
afterAll(async () => {
  for (const server of servers) {
    server.close()
    server.closeAllConnections()
  }
  await project.remove()
})

/** Serves on a free port of loopback until the tests are over. */
async function serve(server: Server): Promise<string> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const serveHttp = async (handler: RequestListener): Promise<string> => `http://${await serve(createServer(handler))}`

/** A flow that is right, from an API into a database; a test breaks one thing of it. */
const flowText = (baseUrl: string, sink = "path: '${flowFolder}/sink.db', busyTimeoutMs: 10"): string =>
  [
    'flow: items', // 1
    'connections:', // 2
    '  api:', // 3
    '    connector: rest', // 4
    '    config:', // 5
    `      baseUrl: ${baseUrl}`, // 6
    "      auth: { kind: bearer, token: 'secret://env/API_TOKEN' }", // 7
    '      resilience: { retry: { maxAttempts: 1 } }', // 8
    '  store:', // 9
    '    connector: sqlite', // 10
    `    config: { ${sink}, resilience: false }`, // 11
    'read:', // 12
    '  from: api.records', // 13
    '  input: { path: /items, recordsPath: data, idField: id, paging: { style: page } }', // 14
    'write:', // 15
    '  to: store.rows', // 16
    '  input: { table: items, key: [id], create: true }', // 17
    'limits: { patienceMs: 0 }', // 18
    '',
  ].join('\n')

const nowhere = 'http://127.0.0.1:9'
const env = { API_TOKEN: secretValue }

async function run(name: string, text: string, args: readonly string[] = []): Promise<Ended> {
  const folder = await inFolder(project.path, name, { 'items.yaml': text })
  return casare(['run', 'items.yaml', ...args], { folder, env })
}

/** The same within this process: a message does not depend on whose process it is. */
async function runHere(name: string, text: string): Promise<Ended> {
  const folder = await inFolder(project.path, name, { 'items.yaml': text })
  return casareHere(['run', 'items.yaml'], { folder, env })
}

/** `count` items on pages of ten, with the sizes of their texts. */
const items =
  (count: number, textBytes = 10): RequestListener =>
  (request, response) => {
    const page = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('page') ?? '1')
    const data = Array.from({ length: 10 }, (_, index) => (page - 1) * 10 + index + 1)
      .filter((id) => id <= count)
      .map((id) => ({ id, text: 'x'.repeat(textBytes) }))
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ data }))
  }

describe('a flow that is wrong ends with exit code 2 and a message with file, line and field', () => {
  const wrong: readonly (readonly [name: string, text: string, expected: RegExp])[] = [
    [
      'unknown-key',
      flowText(nowhere).replace('write:', 'wriet:'),
      /items\.yaml:15: wriet: unknown key\. Did you mean "write"\?/,
    ],
    [
      'missing-connection',
      flowText(nowhere).replace('store.rows', 'stroe.rows'),
      /items\.yaml:16: write\.to: there is no connection "stroe"\. Did you mean "store"\?/,
    ],
    ['broken-yaml', flowText(nowhere).replace('read:', 'read: ['), /items\.yaml:\d+:\d+: this is not valid YAML/],
    ['broken-jsonata', `${flowText(nowhere)}map: '{ "id": id '\n`, /items\.yaml:19: map: .*(expected|JSONata)/i],
    [
      'plain-secret',
      flowText(nowhere).replace('secret://env/API_TOKEN', secretValue),
      /items\.yaml:7: connections\.api\.config\.auth\.token: a secret must not stand here in plain text\. Write a reference such as secret:\/\/env\/NAME\./,
    ],
    [
      'missing-secret',
      flowText(nowhere).replace('API_TOKEN', 'NO_SUCH_TOKEN'),
      /items\.yaml:7: connections\.api\.config\.auth\.token: .*NO_SUCH_TOKEN/,
    ],
    [
      'not-installed',
      flowText(nowhere).replace('connector: sqlite', 'connector: sqlit'),
      /items\.yaml:10: connections\.store\.connector: .*Did you mean "sqlite"\? To install it: npm install @casare\/sqlit\b/,
    ],
    [
      'connector-path',
      flowText(nowhere).replace('connector: sqlite', 'connector: ../evil'),
      /items\.yaml:10: connections\.store\.connector: .*paths and URLs are not allowed/,
    ],
    [
      'wrong-config',
      flowText(nowhere).replace('busyTimeoutMs: 10', 'busyTimeoutMs: soon'),
      /items\.yaml:11: connections\.store\.config: .*busyTimeoutMs/,
    ],
    [
      'yaml-bomb',
      `a: &a [1,1,1,1,1,1,1,1,1]\n${'bcdefghi'
        .split('')
        .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(',')}]\n`)
        .join('')}`,
      /items\.yaml.*alias/i,
    ],
    [
      'prototype-key',
      flowText(nowhere).replace('{ path: /items,', '{ __proto__: { polluted: true }, path: /items,'),
      /items\.yaml:14: read\.input: .*__proto__/,
    ],
    ['plaintext', flowText('http://192.0.2.1'), /items\.yaml:\d+: .*(TLS|https|plaintext)/i],
  ]
  test('all of them', async () => {
    const outcomes: (readonly [string, Ended, RegExp])[] = []
    for (const [name, text, expected] of wrong) outcomes.push([name, await runHere(name, text), expected])
    for (const [name, outcome, expected] of outcomes) {
      expect({ name, stderr: outcome.stderr }).toEqual({ name, stderr: expect.stringMatching(expected) })
      expectCleanFailure(outcome, 2)
    }
    expect(outcomes).toHaveLength(wrong.length)
  }, 30_000)
})

describe('a system in the way ends with exit code 1, and no record is lost', () => {
  test('HTML with 200, an endless page loop, a body without end, a certificate of nobody', async () => {
    const html = await serveHttp((_request, response) =>
      response.setHeader('content-type', 'text/html').end('<html>Sign in</html>'),
    )
    const loop = await serveHttp((_request, response) =>
      response.setHeader('content-type', 'application/json').end('{"data":[{"id":1}]}'),
    )
    const huge = await serveHttp((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 10 * 1024 ** 3 })
      const chunk = Buffer.alloc(65_536, 32)
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', more).on('error', () => undefined)
      more()
    })
    const { private: key, cert } = await generate([{ name: 'commonName', value: '127.0.0.1' }])
    const secure = `https://${await serve(createSecureServer({ key, cert }, items(1)))}`
    const outcomes = await Promise.all([
      run('html', flowText(html)),
      run('loop', flowText(loop)),
      run('huge', flowText(huge)),
      run('certificate', flowText(secure)),
    ])
    const expected = [/JSON/, /came twice/, /bytes/, /certificate/i]
    for (const [index, outcome] of outcomes.entries()) {
      expectCleanFailure(outcome, 1)
      expect(outcome.stderr).toMatch(/Error: items\.yaml:13: read\.from: /)
      expect(outcome.stderr).toMatch(expected[index] as RegExp)
    }
  }, 30_000)

  test('a locked database and a full one: the next run brings all there is', async () => {
    const api = await serveHttp(items(40, 1_000))
    const locked = await inFolder(project.path, 'locked', {})
    const holder = new Database(join(locked, 'sink.db'))
    holder.exec('create table other (id integer); begin exclusive')
    const [busy, full] = await Promise.all([
      run('locked', flowText(api)),
      run('full', flowText(api, "path: '${flowFolder}/sink.db', journal: delete, maxPages: 6")),
    ])
    holder.exec('rollback')
    holder.close()
    expectCleanFailure(busy, 1)
    expect(busy.stderr).toMatch(/items\.yaml:(16: write\.to|9: connections\.store): .*(lock)/)
    expectCleanFailure(full, 1)
    expect(full.stderr).toMatch(/items\.yaml:16: write\.to: .*full/)
    const [again, withSpace] = await Promise.all([run('locked', flowText(api)), run('full', flowText(api))])
    expect([again.code, withSpace.code]).toEqual([0, 0])
    for (const name of ['locked', 'full']) {
      const sink = new Database(join(project.path, name, 'sink.db'), { readonly: true })
      expect(sink.prepare('select count(*) as n, min(id) as first, max(id) as last from items').get()).toEqual({
        n: 40,
        first: 1,
        last: 40,
      })
      sink.close()
    }
  }, 30_000)

  test('a file that is no database, and a folder in its place', async () => {
    await inFolder(project.path, 'no-database', {
      'sink.db': 'this is not a database, and long enough to be looked at as one',
    })
    await inFolder(project.path, 'folder/sink.db', {})
    const api = await serveHttp(items(1))
    const [none, folder] = await Promise.all([runHere('no-database', flowText(api)), runHere('folder', flowText(api))])
    expectCleanFailure(none, 2)
    expect(none.stderr).toMatch(/items\.yaml:\d+: .*not a SQLite database/)
    expectCleanFailure(folder, 1)
    expect(folder.stderr).toMatch(/items\.yaml:\d+: .*cannot be opened/)
  }, 30_000)
})

test('a password refused by the API shows nowhere, not with --verbose and not with --log debug', async () => {
  const api = await serveHttp((request, response) => {
    response.statusCode = 401
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ error: `no such token ${request.headers.authorization}` }))
  })
  const folder = await inFolder(project.path, 'refused', { 'items.yaml': flowText(api) })
  const { code, stdout, stderr } = await casare(['run', 'items.yaml', '--verbose', '--log', 'debug'], { folder, env })
  expect(code).toBe(1)
  expect(stderr).toMatch(/^\s+at /m)
  expect(stderr).toContain('rest.records.read GET 127.0.0.1')
  expect(stderr).toContain('[secret]')
  expect(stdout + stderr).not.toContain(secretValue)
}, 30_000)

test('casare.yaml has file, line and field in its messages too', async () => {
  const folder = await inFolder(project.path, 'yaml', {
    'casare.yaml':
      'connections:\n  store:\n    connector: sqlite\n    config: { path: ":memory:", jornal: wal }\n  api:\n    connector: rest\n    config:\n      baseUrl: http://127.0.0.1:9\n      auth: { kind: bearer, token: plain-text-token }\n',
    'broken.yaml': 'connections:\n  store: { connector: sqlite, konfig: {} }\n',
  })
  const [config, secret, key, name, gone] = await Promise.all([
    casareHere(['check', 'store'], { folder }),
    casareHere(['check', 'api'], { folder }),
    casareHere(['check', 'store', '--file', 'broken.yaml'], { folder }),
    casareHere(['check', 'stroe'], { folder }),
    casareHere(['check', 'store', '--file', 'nowhere.yaml'], { folder }),
  ])
  expect(config.stderr).toMatch(/casare\.yaml:4: connections\.store\.config: .*jornal/)
  expect(secret.stderr).toMatch(
    /casare\.yaml:9: connections\.api\.config\.auth\.token: a secret must not stand here in plain text/,
  )
  expect(secret.stderr).not.toContain('plain-text-token')
  expect(key.stderr).toMatch(/broken\.yaml:2: connections\.store\.konfig: unknown key\. Did you mean "config"\?/)
  expect(name.stderr).toMatch(/casare\.yaml: there is no connection "stroe"\. Did you mean "store"\?/)
  expect(gone.stderr).toMatch(/nowhere\.yaml cannot be read/)
  for (const outcome of [config, secret, key, name, gone]) expectCleanFailure(outcome, 2)
}, 30_000)

test('a state file that is none is left as it is', async () => {
  const folder = await inFolder(project.path, 'state', {
    'items.yaml': flowText(nowhere),
    'notes.txt': 'my own notes, not to be touched',
  })
  await writeFile(join(folder, 'items.yaml'), `${flowText(nowhere)}state: notes.txt\n`)
  const [outcome, missing] = await Promise.all([
    casareHere(['run', 'items.yaml'], { folder, env }),
    casareHere(['dlq', 'list', '--state', 'nowhere.db'], { folder }),
  ])
  expectCleanFailure(outcome, 2)
  expect(outcome.stderr).toMatch(/notes\.txt is not a state file/)
  expectCleanFailure(missing, 2)
  expect(existsSync(join(folder, 'nowhere.db'))).toBe(false)
}, 30_000)
