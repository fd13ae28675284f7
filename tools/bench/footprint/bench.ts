import { execFile, execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { atMost, interleave, median, printTable, type Gate } from '../helpers.ts'
import { installedOf } from './installed.ts'

const root = new URL('../../../', import.meta.url).pathname
const rounds = 9
/** The driver that a connector stands on, and what must not be loaded by importing the connector. */
const drivers: Readonly<Record<string, string>> = {
  '@casare/sqlite': 'better-sqlite3',
  '@casare/rest': 'undici',
  '@casare/http': 'undici',
}

interface ImportCost {
  readonly cpuMs: number
  readonly loaded: readonly string[]
}

/** Installed size, packages and cold import of everything published, against the bare drivers. */
export default async function footprint(): Promise<Gate[]> {
  execFileSync('npm', ['run', '-s', 'build'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  const ours = ['platform', 'connectors', 'apps'].flatMap((layer) =>
    readdirSync(join(root, 'packages', layer))
      .map((name) => ({ name: `@casare/${name}`, layer, folder: join(root, 'packages', layer, name) }))
      .filter(({ folder }) => existsSync(join(folder, 'dist/index.js'))),
  )
  const bare = ['zod', ...new Set(Object.values(drivers))].map((name) => ({
    name,
    layer: 'driver',
    folder: join(root, 'node_modules', name),
  }))
  const all = [...bare, ...ours]
  const costs = await interleave(
    all.map(({ name }) => name),
    rounds,
    (name) => importCost(entryOf(all.find((one) => one.name === name)?.folder ?? '')),
  )
  const cpu = (name: string): number => median((costs[name] ?? []).map(({ cpuMs }) => cpuMs))
  const sizes = new Map(all.map(({ name, folder }) => [name, installedOf(folder)]))
  printTable(
    ['package', 'installed MiB', 'of it own MiB', 'packages', 'import CPU ms'],
    all.map(({ name }) => [
      name,
      sizes.get(name)?.mib ?? 0,
      sizes.get(name)?.ownMib ?? 0,
      sizes.get(name)?.packages ?? 0,
      cpu(name),
    ]),
  )
  console.log(
    `All packages together: ${sumOf(ours.map(({ name }) => sizes.get(name)?.ownMib ?? 0)).toFixed(2)} MiB of our own.`,
  )
  const connectors = ours.filter(({ layer }) => layer === 'connectors')
  return [
    atMost('@casare/core: own MiB', sizes.get('@casare/core')?.ownMib ?? Number.NaN, 0.3),
    atMost('@casare/core: import CPU ms', cpu('@casare/core'), 15),
    ...connectors.map(({ name }) => atMost(`${name}: import CPU ms beyond zod`, cpu(name) - cpu('zod'), 25)),
    ...connectors.map(({ name }) =>
      atMost(
        `${name}: files of its driver loaded at import`,
        (costs[name]?.[0]?.loaded ?? []).filter((url) => url.includes(`/node_modules/${drivers[name] ?? name}/`))
          .length,
        0,
      ),
    ),
  ]
}

/** In a process that sees the packages as they are published, not their sources. */
async function importCost(url: string): Promise<ImportCost> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    fileURLToPath(new URL('./import-cost.mjs', import.meta.url)),
    url,
  ])
  return JSON.parse(stdout) as ImportCost
}

function entryOf(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    name: string
    main?: string
    module?: string
  }
  const entry = manifest.name.startsWith('@casare/')
    ? 'dist/index.js'
    : (manifest.module ?? manifest.main ?? 'index.js')
  return pathToFileURL(join(folder, entry)).href
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
