import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { atLeast, atMost, interleave, median, printTable, type Gate } from '../helpers.ts'

const variants = ['hand', 'flow', 'flow-fields', 'hand-jsonata', 'flow-jsonata'] as const
const rounds = 5
const apiKey = 'bench-key-of-the-example'

interface Run {
  readonly seconds: number
  readonly rows: number
  readonly peakMib: number
}

/** In a process that sees the packages as they are published. */
async function run(name: string, url: string): Promise<Run> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    // As the casare command sets them for itself; by hand gets them too.
    '--max-semi-space-size=4',
    '--heap-growing-percent=200',
    fileURLToPath(new URL('./variant.mjs', import.meta.url)),
    name,
    url,
    apiKey,
  ])
  return JSON.parse(stdout) as Run
}

/** The flights job without faults, as a flow and written by hand on undici and better-sqlite3; one process per run. */
export default async function restSync(): Promise<Gate[]> {
  execFileSync('npm', ['run', '-s', 'build'], {
    cwd: fileURLToPath(new URL('../../../', import.meta.url)),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const server = spawn(
    process.execPath,
    [
      fileURLToPath(new URL('../../../examples/airports-and-flights/server/main.ts', import.meta.url)),
      '--faults',
      'off',
      '--api-key',
      apiKey,
    ],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  try {
    const [line] = (await once(server.stdout, 'data')) as [Buffer]
    const { url } = JSON.parse(line.toString()) as { url: string }
    const runs = await interleave(variants, rounds, (name) => run(name, url))
    const perSecond = (name: (typeof variants)[number]): number =>
      median(runs[name].map(({ rows, seconds }) => rows / seconds))
    const peak = (name: (typeof variants)[number]): number => median(runs[name].map(({ peakMib }) => peakMib))
    const ratio = (ours: (typeof variants)[number], theirs: (typeof variants)[number]): number =>
      median(
        runs[ours].map(
          (run, index) =>
            run.rows / run.seconds / ((runs[theirs][index]?.rows ?? 0) / (runs[theirs][index]?.seconds ?? 1)),
        ),
      )
    printTable(
      ['variant', 'rows', 'rows/s', 'peak MiB'],
      variants.map((name) => [name, runs[name][0]?.rows ?? 0, Math.round(perSecond(name)), Math.round(peak(name))]),
    )
    return [
      atLeast('rows per second, as is, of by hand', ratio('flow', 'hand'), 0.8),
      atLeast('rows per second, with fields, of by hand', ratio('flow-fields', 'hand'), 0.7),
      atLeast('rows per second, with JSONata, of by hand with JSONata', ratio('flow-jsonata', 'hand-jsonata'), 0.9),
      atMost('peak memory of the flow, MiB', Math.max(peak('flow'), peak('flow-fields')), 150),
    ]
  } finally {
    server.kill()
  }
}
