import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startServer, type RunningServer } from './support/example-server.ts'
import { commonOptions } from '../src/arguments/options.ts'
import { commands } from '../src/commands/index.ts'
import { casare, casareHere, ended, expectCleanFailure, inFolder, projectFolder, start } from './support/casare.ts'

const example = new URL('../../../../examples/airports-and-flights/', import.meta.url)

let project: Awaited<ReturnType<typeof projectFolder>>
let server: RunningServer
let folder: string
let env: Record<string, string>
const set = (): string[] => ['--set', `api=${server.url}`]

beforeAll(async () => {
  project = await projectFolder()
  server = await startServer({ faults: 'off', dataset: '20k' })
  env = { AIRPORTS_CLIENT_SECRET: server.clientSecret }
  const copy = async (name: string): Promise<string> =>
    (await readFile(new URL(name, example), 'utf8')).replaceAll('out/', '')
  // A stricter rule than the example's: the longest delays are put aside.
  const flights = (await copy('flights.yaml')).replace(
    'delay_minutes: { type: number }',
    'delay_minutes: { type: number, maximum: 400 }',
  )
  folder = await inFolder(project.path, 'example', {
    'airports.yaml': await copy('airports.yaml'),
    'flights.yaml': flights,
    'casare.yaml':
      "connections:\n  warehouse:\n    connector: sqlite\n    config: { path: '${projectFolder}/warehouse.db' }\n",
  })
})
afterAll(async () => {
  await server.close()
  await project.remove()
})

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into whatever was printed
const json = (text: string): any => JSON.parse(text)
const here = (args: readonly string[], stdin = '') => casareHere(args, { folder, env, stdin })

describe('run, and what it leaves behind', () => {
  test('two flows end with a table, a row each, and two commands that work as they stand', async () => {
    const { code, stdout, stderr } = await casare(['run', 'airports.yaml', 'flights.yaml', ...set()], { folder, env })
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('flights: complete, 20,000 read') })
    const lines = stdout.trim().split('\n')
    expect(lines[0]).toMatch(/^flow +read +written +skipped +retried +dead-lettered +seconds +peak memory +outcome$/)
    expect(lines[1]).toMatch(/^airports +3,376 +3,376 +0 +0 +0 +\d+\.\d +\d+ MiB +complete$/)
    const [, put = ''] = /^flights +20,000 +[\d,]+ +0 +0 +(\d+) +\d+\.\d +\d+ MiB +complete$/.exec(lines[2] ?? '') ?? []
    expect(Number(put)).toBeGreaterThan(0)
    // Colours and redrawing are for terminals.
    expect(stdout + stderr).not.toContain('\u001b')
    const [letters, look] = lines.slice(-2).map((line) => line.trim())
    expect(letters).toBe('casare dlq list flights.yaml')
    expect(look).toBe(
      `casare call sqlite.rows.read '{"table":"flights"}' --connection warehouse --file flights.yaml --max-records 3`,
    )
    const listed = await here(['dlq', 'list', 'flights.yaml', '--json'])
    expect(json(listed.stdout).deadLetters).toHaveLength(Number(put))
    const page = await here([
      'call',
      'sqlite.rows.read',
      '{"table":"flights"}',
      '--connection',
      'warehouse',
      '--file',
      'flights.yaml',
      '--max-records',
      '3',
    ])
    expect(json(page.stdout)).toMatchObject({ records: [{ id: 1 }, { id: 2 }, { id: 3 }], done: false })
    const database = new Database(join(folder, 'warehouse.db'), { readonly: true })
    expect(database.prepare('select count(*) as n from flights').get()).toEqual({ n: 20_000 - Number(put) })
    database.close()
  }, 30_000)

  test('--json is one document, --fail-on-dead-letters an exit code, --restart a beginning', async () => {
    const again = await here(['run', 'flights.yaml', ...set(), '--json', '--fail-on-dead-letters'])
    expect(again).toEqual({ code: 0, stderr: '', stdout: expect.any(String) })
    expect(json(again.stdout)).toEqual({
      flows: [expect.objectContaining({ flow: 'flights', read: 0, outcome: 'complete' })],
    })
    const restarted = await here(['run', 'flights.yaml', ...set(), '--json', '--restart', '--fail-on-dead-letters'])
    expect(restarted.code).toBe(4)
    expect(json(restarted.stdout).flows[0]).toMatchObject({ file: 'flights.yaml', read: 20_000, outcome: 'complete' })
    const failed = await here(['run', 'flights.yaml', '--json'])
    expect(failed.code).toBe(2)
    expect(json(failed.stdout).error.message).toContain('the parameter "api" has no value. Pass --set api=VALUE.')
  }, 30_000)

  test('dead letters are shown, tried, replayed and dropped', async () => {
    const list = async (): Promise<{ readonly id: number; readonly recordId: string }[]> =>
      json((await here(['dlq', 'list', 'flights.yaml', '--json'])).stdout).deadLetters
    const all = await list()
    const [first, second] = all as [(typeof all)[0], (typeof all)[0]]
    const shown = await here(['dlq', 'show', 'flights.yaml', String(first.id)])
    expect(json(shown.stdout)).toMatchObject({
      id: first.id,
      step: 'validate',
      record: { id: Number(first.recordId), delay: expect.any(Number) },
    })
    const text = await here(['dlq', 'list', '--state', 'state.db', '--limit', '1'])
    expect(text.stdout).toContain('validate: delay_minutes must be <= 400')
    expect(text.stdout).toContain(`casare dlq show --state state.db ${first.id}`)
    const still = await here(['dlq', 'replay', 'flights.yaml', String(first.id), ...set()])
    expect(still.code).toBe(1)
    expect(still.stdout).toMatch(/failed +validate: delay_minutes must be <= 400/)
    // The rule is mended: a dry run writes nothing, a replay does.
    const mended = (await readFile(join(folder, 'flights.yaml'), 'utf8')).replace(', maximum: 400', '')
    await inFolder(project.path, 'example', { 'mended.yaml': mended })
    const dry = await here(['dlq', 'replay', 'mended.yaml', String(first.id), '--dry-run', '--json', ...set()])
    expect(json(dry.stdout)).toEqual({ outcomes: [{ id: first.id, outcome: 'would replay' }] })
    const replayed = await here(['dlq', 'replay', 'mended.yaml', String(first.id), ...set()])
    expect(replayed).toMatchObject({ code: 0, stdout: expect.stringMatching(/replayed/) })
    const row = await here([
      'call',
      'sqlite.query',
      `{"text":"select delay_minutes from flights where id = ?","values":[${first.recordId}]}`,
      '--connection',
      'warehouse',
    ])
    expect(json(row.stdout).rows).toEqual([{ delay_minutes: expect.any(Number) }])
    const would = await here(['dlq', 'drop', 'flights.yaml', String(second.id), '--dry-run'])
    expect(would.stdout).toBe('Would delete 1 dead letter.\n')
    expect(await list()).toHaveLength(all.length - 1)
    expect((await here(['dlq', 'drop', 'flights.yaml', String(second.id)])).stdout).toBe('Deleted 1 dead letter.\n')
    expect(await list()).toHaveLength(all.length - 2)
    const gone = await here(['dlq', 'show', 'flights.yaml', String(second.id)])
    expectCleanFailure(gone, 2)
    expect((await here(['dlq', 'drop', 'flights.yaml', '--all', '--json'])).stdout).toBe(
      `{"dropped":${all.length - 1}}\n`,
    )
    expect((await here(['dlq', 'list', 'flights.yaml', '--status', 'all'])).stdout).toBe('No dead letters.\n')
  }, 30_000)
})

describe('stopping', () => {
  /** Pages of ten without an end; the answers after the third wait until `release` is called. */
  async function slowApi(): Promise<{ url: string; reached: Promise<void>; release(): void; close(): void }> {
    const third = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    const api: Server = createServer((request, response) => {
      const page = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('page') ?? '1')
      const data = Array.from({ length: 10 }, (_, index) => ({ id: (page - 1) * 10 + index + 1 }))
      const answer = (): void =>
        void response.setHeader('content-type', 'application/json').end(JSON.stringify({ data }))
      if (page < 3) return answer()
      third.resolve()
      void go.promise.then(answer)
    })
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
    const close = (): void => {
      api.close()
      api.closeAllConnections()
    }
    return { url, reached: third.promise, release: () => go.resolve(), close }
  }

  const endless = (url: string): string =>
    `flow: endless\nconnections:\n  api: { connector: rest, config: { baseUrl: '${url}' } }\n  store: { connector: sqlite, config: { path: '\${flowFolder}/sink.db' } }\nread: { from: api.records, input: { path: /items, recordsPath: data, idField: id, paging: { style: page } } }\nwrite: { to: store.rows, input: { table: items, key: [id], create: true } }\n`

  test('the first signal drains and checkpoints, and the next run goes on; a second ends at once', async () => {
    const drained = await slowApi()
    const cut = await slowApi()
    const [one, two] = await Promise.all([
      inFolder(project.path, 'drained', { 'endless.yaml': endless(drained.url) }),
      inFolder(project.path, 'cut', { 'endless.yaml': endless(cut.url) }),
    ])
    // Its sink is locked by somebody else, so the second one cannot end softly.
    const lock = new Database(join(two, 'sink.db'))
    lock.exec('begin exclusive')
    const first = start(['run', 'endless.yaml', '--json'], { folder: one })
    const second = start(['run', 'endless.yaml', '--json'], { folder: two })
    const stopping = new Promise<void>((resolve) => second.stderr?.once('data', () => resolve()))
    const outcomes = Promise.all([ended(first), ended(second)])
    // A process that does not hear its signal would go on for ever.
    const guard = setTimeout(() => [first, second].forEach((child) => child.kill('SIGKILL')), 20_000)
    try {
      await Promise.all([drained.reached, cut.reached])
      first.kill('SIGTERM')
      second.kill('SIGINT')
      await stopping
      second.kill('SIGINT')
      drained.release()
      await outcomes
    } finally {
      clearTimeout(guard)
      drained.close()
      cut.close()
      lock.close()
    }
    const [soft, hard] = await outcomes
    expect(hard.code).toBe(130)
    expect({ code: soft.code, stderr: soft.stderr }).toEqual({ code: 3, stderr: expect.stringContaining('Stopping') })
    const [report] = json(soft.stdout).flows
    expect(report.outcome).toBe('stopped')
    const sink = new Database(join(one, 'sink.db'), { readonly: true })
    // What was read is written, without a gap: the next run begins behind it.
    expect(sink.prepare('select count(*) as n, max(id) as last from items').get()).toEqual({
      n: report.written,
      last: report.read,
    })
    sink.close()
  }, 30_000)
})

describe('call', () => {
  const memory = ['--config', '{"path":":memory:"}']

  test('operations, input from standard input, streams both ways', async () => {
    const piped = await casare(['call', 'sqlite.query', '-', ...memory, '--json'], {
      folder,
      stdin: '{"text":"select ? as big","values":[{"$bigint":"9007199254740993"}]}',
    })
    expect(piped).toEqual({ code: 0, stderr: '', stdout: '{"rows":[{"big":{"$bigint":"9007199254740993"}}]}\n' })
    const written = await here(
      [
        'call',
        'sqlite.rows.write',
        '{"table":"notes","key":["id"],"create":true}',
        '--connection',
        'warehouse',
        '--json',
      ],
      '{"id":1,"text":"one"}\n\n{"id":2,"text":"two"}\n',
    )
    expect(written).toEqual({ code: 0, stderr: '', stdout: '{"succeeded":2,"failed":[]}\n' })
    const first = json(
      (await here(['call', 'sqlite.rows.read', '{"table":"notes"}', '--connection', 'warehouse', '--max-records', '1']))
        .stdout,
    )
    expect(first).toMatchObject({ records: [{ id: 1 }], done: false })
    const next = await here([
      'call',
      'sqlite.rows.read',
      '{"table":"notes"}',
      '--connection',
      'warehouse',
      '--cursor',
      JSON.stringify(first.cursor),
    ])
    expect(json(next.stdout)).toMatchObject({ records: [{ id: 2, text: 'two' }], done: true })
  }, 30_000)

  test('records that are refused are named, and the rest is written', async () => {
    await here([
      'call',
      'sqlite.execute',
      '{"text":"create table strict_notes (id integer primary key, text text not null)"}',
      '--connection',
      'warehouse',
    ])
    const outcome = await here(
      ['call', 'sqlite.rows.write', '{"table":"strict_notes"}', '--connection', 'warehouse', '--json'],
      '{"id":1,"text":"one"}\n{"id":2,"text":null}\n',
    )
    expectCleanFailure(outcome, 1)
    expect(json(outcome.stdout)).toMatchObject({
      succeeded: 1,
      failed: [{ index: 1, error: { code: 'invalid_input' } }],
    })
  }, 30_000)

  test('what is wrong is said, with the nearest that is right', async () => {
    const cases: readonly (readonly [args: readonly string[], code: number, message: RegExp])[] = [
      [['call'], 2, /Name what to call: CONNECTOR\.OPERATION/],
      [['call', 'sqlite'], 2, /"sqlite" has not the form CONNECTOR\.OPERATION/],
      [
        ['call', 'sqlit.query', '{}'],
        2,
        /"sqlit" is not installed\. Did you mean "sqlite"\? To install it: npm install @casare\/sqlit/,
      ],
      [['call', 'sqlite.qery', '{}', ...memory], 2, /sqlite has no qery\. Did you mean "query"\?/],
      [['call', 'sqlite.rows.raed', '{}', ...memory], 2, /a stream can be called with read or write, not with raed/],
      [['call', 'sqlite.query', '{"text":', ...memory], 2, /The input is not valid JSON/],
      [['call', 'sqlite.query', '{"txt":"select 1"}', ...memory], 2, /txt/],
      [['call', 'sqlite.query', '{"text":"selct 1"}', ...memory], 2, /syntax error/],
      [
        ['call', 'sqlite.query', '{"text":"select 1"}', '--config', '{"path":"x","jornal":"wal"}'],
        2,
        /--config: .*jornal/,
      ],
      [
        ['call', 'sqlite.query', '{"text":"select 1"}', '--connection', 'warehuse'],
        2,
        /casare\.yaml: there is no connection "warehuse"\. Did you mean "warehouse"\?/,
      ],
      [
        ['call', 'rest.get', '{"path":"/"}', '--connection', 'warehouse'],
        2,
        /The connection "warehouse" is one of sqlite, not of rest/,
      ],
      [['call', 'sqlite.query', '{}', ...memory, '--connection', 'warehouse'], 2, /exclude each other/],
      [
        [
          'call',
          'rest.get',
          '{"path":"/"}',
          '--config',
          '{"baseUrl":"http://127.0.0.1:9","auth":{"kind":"bearer","token":"plain-text-token"}}',
        ],
        2,
        /--config\.auth\.token: a secret must not stand here in plain text/,
      ],
      [['call', 'rest.get', '{"path":"/airports"}', '--config', `{"baseUrl":"${server.url}"}`], 1, /401/],
      [
        ['call', 'rest.get', '{"path":"/"}', '--config', '{"baseUrl":"http://127.0.0.1:9"}', '--timeout-ms', '2000'],
        1,
        /refused|timeout|time/i,
      ],
      [['call', 'sqlite.query', '{}', ...memory, '--timeout-ms', 'soon'], 2, /--timeout-ms must be a whole number/],
      [
        ['call', 'sqlite.query', '{}', ...memory, '--effect', 'keyed'],
        2,
        /--effect must be one of read, idempotent, unsafe/,
      ],
      [
        ['call', 'sqlite.query', '{}', ...memory, '--conection', 'x'],
        2,
        /There is no option --conection\. Did you mean --connection\?/,
      ],
      [['call', 'sqlite.query', '{}', '--config'], 2, /--config needs a value: --config JSON/],
    ]
    for (const [args, code, message] of cases) {
      const outcome = await here(args)
      expect({ args, stderr: outcome.stderr }).toEqual({ args, stderr: expect.stringMatching(message) })
      expectCleanFailure(outcome, code)
      expect(outcome.stderr).not.toContain('plain-text-token')
    }
  }, 30_000)

  test('files come only from folders that were named', async () => {
    const upload = [
      'call',
      'rest.upload',
      '{"path":"/","body":{"file":"casare.yaml"}}',
      '--config',
      `{"baseUrl":"${server.url}"}`,
    ]
    const refused = await here(upload)
    expectCleanFailure(refused, 2)
    expect(refused.stderr).toMatch(/files\.roots|not allowed/)
    // The API takes no uploads: that it said so shows that the file was sent.
    const sent = await here([...upload, '--files', '.'])
    expect(sent.stderr).toContain('405')
  }, 30_000)
})

describe('looking around', () => {
  test('list, describe and nodes export read what the packages say of themselves', async () => {
    const list = json((await casare(['list', '--json'], { folder })).stdout)
    expect(list.connectors.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['rest', 'sqlite']),
    )
    expect(list.connections).toEqual([{ name: 'warehouse', connector: 'sqlite' }])
    const text = (await here(['describe', 'sqlite'])).stdout
    expect(text).toContain('path: string  Path of the database file')
    expect(text).toMatch(/sqlite\.rows\.write +unsafe at worst +Writes rows/)
    const query = (await here(['describe', 'sqlite.query'])).stdout
    expect(query).toContain('text: string  One SQL statement')
    expect(query).toContain(`casare call sqlite.query '{"text":…}' --connection NAME`)
    expect(json((await here(['describe', 'rest.get', '--json'])).stdout)).toMatchObject({
      id: 'rest.get',
      effect: 'read',
    })
    expect((await here(['describe', 'sqlite.qery'])).stderr).toContain('Did you mean "sqlite.query"?')
    expect((await here(['nodes', 'export', 'sqlite', 'rest', '--out', 'palette.json'])).stdout).toMatch(
      /^Wrote \d+ nodes to palette\.json\.\n$/,
    )
    const palette = json(await readFile(join(folder, 'palette.json'), 'utf8'))
    expect(palette.nodes.map(({ id }: { id: string }) => id)).toEqual(
      expect.arrayContaining(['rest.records.read', 'sqlite.query']),
    )
    expect((await here(['nodes', 'export', '--schema'])).stdout).toContain('"paletteVersion"')
  }, 30_000)

  test('check finds a flow and a connection right, and says who does not answer', async () => {
    expect(await here(['check', 'flights.yaml', ...set()])).toMatchObject({
      code: 0,
      stdout: 'flights.yaml: the flow "flights" is right, and both systems answer.\n',
    })
    expect(await here(['check', 'warehouse', '--json'])).toMatchObject({
      code: 0,
      stdout: '{"ok":true,"connection":"warehouse"}\n',
    })
    expect(await here(['check', 'flights.yaml', '--set', 'api=http://127.0.0.1:9', '--offline'])).toMatchObject({
      code: 0,
    })
    const down = await here(['check', 'flights.yaml', '--set', 'api=http://127.0.0.1:9'])
    expectCleanFailure(down, 1)
    expect(down.stderr).toMatch(/flights\.yaml:\d+: connections\.api: .*refused/)
    const lost = await here(['check', 'flights.yaml', '--set', 'apu=x'])
    expect(lost.stderr).toContain('Did you mean "api"?')
  }, 30_000)

  test('--log requests shows each attempt, with --json as JSON', async () => {
    const call = [
      'call',
      'rest.get',
      '{"path":"/nowhere"}',
      '--config',
      `{"baseUrl":"${server.url}"}`,
      '--log',
      'requests',
    ]
    expect((await here(call)).stderr).toMatch(
      /rest\.get GET 127\.0\.0\.1:\d+\/nowhere 401 unauthenticated \d+\.\d ms\n/,
    )
    const [line = ''] = (await here([...call, '--json'])).stderr.split('\n')
    expect(json(line)).toMatchObject({ kind: 'request', connector: 'rest', operation: 'get', attempt: 1, status: 401 })
  }, 30_000)
})

describe('help and the command line itself', () => {
  test('every command has a help with an example that its own options understand', async () => {
    const overview = (await here([])).stdout
    for (const { name, examples, options: own } of commands) {
      const options = { ...commonOptions, ...own }
      expect(overview).toContain(`  ${name} `)
      const { code, stdout } = await here([...name.split(' '), '--help'])
      expect(code).toBe(0)
      expect(examples.length).toBeGreaterThan(0)
      for (const example of examples) {
        expect(stdout).toContain(`casare ${example}`)
        expect(example.startsWith(name)).toBe(true)
        for (const [, option = ''] of example.matchAll(/ --([a-z-]+)/g)) expect(Object.keys(options)).toContain(option)
      }
    }
    expect((await here(['help', 'exit-codes'])).stdout).toMatch(/ 3 {2}Stopped by Ctrl-C or SIGTERM/)
    expect((await here(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  test('mistakes point to what is near', async () => {
    const cases: readonly (readonly [readonly string[], string])[] = [
      [['rnu', 'x.yaml'], 'There is no command "rnu". Did you mean "run"?'],
      [['dlq'], '"dlq" needs one more word. There is: dlq list, dlq show, dlq replay, dlq drop.'],
      [['dlq', 'lsit'], 'There is no command "dlq lsit". Did you mean "dlq list"?'],
      [['run'], 'Name the flow to run'],
      [['run', 'nowhere.yaml'], 'nowhere.yaml cannot be read'],
      [['run', 'flights.yaml', '--jsn'], 'There is no option --jsn. Did you mean --json?'],
      [['run', 'flights.yaml', '--set', 'api'], '--set needs NAME=VALUE'],
      [['run', 'flights.yaml', '--restart=yes'], '--restart takes no value'],
      [
        ['run', 'airports.yaml', 'flights.yaml', '--set', 'nobody=1'],
        'none of the flows declares a parameter "nobody"',
      ],
      [['dlq', 'list'], 'Name the flow whose dead letters you mean, or a state file with --state PATH.'],
      [['dlq', 'show', 'flights.yaml', 'seven'], '"seven" is not the id of a dead letter'],
      [['dlq', 'drop', 'flights.yaml'], 'by their ids, or say --all'],
      [['list', '--log', 'loud'], '--log must be one of requests, debug.'],
      [['--loud'], 'Name a command before the option --loud.'],
    ]
    for (const [args, message] of cases) {
      const outcome = await here(args)
      expect({ args, stderr: outcome.stderr }).toEqual({ args, stderr: expect.stringContaining(message) })
      expectCleanFailure(outcome, 2)
    }
  })
})

test('a terminal gets colours and a bar that is taken away; NO_COLOR and --no-color turn colours off', async () => {
  const terminal = { isTTY: true }
  const colored = await casareHere(['describe', 'sqlite'], { folder }, terminal)
  expect(colored.stdout).toContain('\u001b[1m')
  expect((await casareHere(['describe', 'sqlite', '--no-color'], { folder }, terminal)).stdout).not.toContain('\u001b')
  expect((await casareHere(['describe', 'sqlite'], { folder, env: { NO_COLOR: '1' } }, terminal)).stdout).not.toContain(
    '\u001b',
  )
  const { stderr } = await casareHere(
    ['run', 'flights.yaml', '--restart', '--no-color', ...set()],
    { folder, env },
    terminal,
  )
  expect(stderr).toMatch(/\r\u001b\[2K. [─━]{20} flights: /)
  expect(stderr).toMatch(/\r\u001b\[2Kflights: complete, 20,000 read[^\r]*\n$/)
}, 30_000)
