import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startServer, type RunningServer } from './support/example-server.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const example = join(root, 'examples/airports-and-flights')
const kills = 10

let folder: string
beforeAll(async () => {
  // Below the repository, so that the flow's project is this one.
  await mkdir(join(root, 'node_modules/.cache'), { recursive: true })
  folder = await mkdtemp(join(root, 'node_modules/.cache/casare-kill-'))
})
afterAll(async () => rm(folder, { recursive: true, force: true }))

/** The example's flow with shorter clocks and pages, in a folder of its own. */
async function flowIn(name: string): Promise<string> {
  const home = join(folder, name)
  await mkdir(join(home, 'out'), { recursive: true })
  const text = (await readFile(join(example, 'flights.yaml'), 'utf8'))
    .replace('readMs: 3000', 'readMs: 300')
    .replace('pageSize: 2000', 'pageSize: 500')
  await writeFile(join(home, 'flights.yaml'), text)
  return home
}

function start(home: string, server: RunningServer) {
  return spawn(
    process.execPath,
    [
      '--conditions=@casare/source',
      join(root, 'packages/apps/cli/src/bin.ts'),
      'run',
      join(home, 'flights.yaml'),
      '--set',
      `api=${server.url}`,
      '--json',
    ],
    {
      env: { ...process.env, AIRPORTS_CLIENT_SECRET: server.clientSecret },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
}

async function finish(home: string, server: RunningServer): Promise<void> {
  const child = start(home, server)
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number]
  if (code !== 0) throw new Error(`the run ended with ${code}: ${output}`)
}

function contents(home: string): { rows: unknown[]; deadLetters: unknown[] } {
  const read = (file: string, text: string): unknown[] => {
    const database = new Database(join(home, 'out', file), { readonly: true })
    try {
      return database.prepare(text).all()
    } finally {
      database.close()
    }
  }
  return {
    rows: read('warehouse.db', 'select * from flights order by rowid'),
    deadLetters: read(
      'state.db',
      "select key, record_id, step, code, reason from dead_letters where status = 'open' order by key",
    ),
  }
}

test('killed with -9 at ten random moments, it ends in the same database, row for row', async () => {
  const calm = await startServer({ dataset: '20k', seed: 3 })
  const whole = await flowIn('whole')
  await finish(whole, calm)
  await calm.close()
  const expected = contents(whole)
  expect(expected.rows).toHaveLength(19_995)
  expect(expected.deadLetters).toHaveLength(5)

  const server = await startServer({ dataset: '20k', seed: 3 })
  const killed = await flowIn('killed')
  const moments: number[] = []
  for (let kill = 0; kill < kills; kill += 1) {
    const child = start(killed, server)
    const gone = once(child, 'exit')
    // The state file appears with the flow's first work; from there on, any moment will do.
    const moment = Math.random() * 250
    moments.push(Math.round(moment))
    await untilRequested(server, child)
    await new Promise((resolve) => setTimeout(resolve, moment))
    child.kill('SIGKILL')
    await gone
  }
  await finish(killed, server)
  await server.close()
  const found = contents(killed)
  try {
    expect(found.rows).toEqual(expected.rows)
    expect(found.deadLetters).toEqual(expected.deadLetters)
  } catch (error) {
    throw new Error(`kills after ${moments.join(', ')} ms`, { cause: error })
  }
}, 120_000)

/** Waits until the process has asked the API for something, or has ended. */
async function untilRequested(server: RunningServer, child: ReturnType<typeof start>): Promise<void> {
  const before = server.requests
  while (server.requests === before && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 2))
}
