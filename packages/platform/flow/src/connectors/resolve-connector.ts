import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  ConnectorError,
  invalidInput,
  isConnector,
  nearest,
  type AnyConnector,
  type ConnectorDescription,
} from '@casare/core'

const packageName = /^(?:@casare\/[a-z0-9-]+|casare-connector-[a-z0-9-]+|[a-z][a-z0-9-]*)$/

/** A connector that is installed. */
export interface InstalledConnector {
  readonly packageName: string
  readonly version: string
  readonly folder: string
  /** Reads its description from the built `connector.json`, or from its code where it is not built. */
  describe(): Promise<ConnectorDescription>
  load(): Promise<AnyConnector>
}

/**
 * Finds a connector by name in the project that `folder` belongs to: `NAME` is `@casare/NAME`, else
 * `casare-connector-NAME`. Never a path, never installed by us.
 * @throws `not_found` with the nearest names installed and the line that installs it.
 */
export async function resolveConnector(name: string, folder: string): Promise<InstalledConnector> {
  if (!packageName.test(name))
    throw invalidInput(
      `"${name}" is not the name of a connector. Write NAME, @casare/NAME or casare-connector-NAME; paths and URLs are not allowed.`,
    )
  const candidates =
    name.startsWith('@casare/') || name.startsWith('casare-connector-')
      ? [name]
      : [`@casare/${name}`, `casare-connector-${name}`]
  for (const candidate of candidates) {
    const found = await installed(candidate, folder)
    if (found !== undefined) return found
  }
  const known = (await listConnectors(folder)).map((one) => shortName(one.packageName))
  throw new ConnectorError({
    code: 'not_found',
    message: `The connector "${name}" is not installed.${nearest(shortName(name), known)} To install it: npm install ${candidates[0] ?? name}`,
  })
}

function shortName(name: string): string {
  return name.replace(/^@casare\/|^casare-connector-/, '')
}

async function installed(name: string, folder: string): Promise<InstalledConnector | undefined> {
  const manifestPath = findManifest(name, folder)
  if (manifestPath === undefined) return undefined
  const manifest = JSON.parse(await readFile(manifestPath, 'utf8')) as Manifest
  if (manifest.casare?.connector === undefined) return undefined
  const home = dirname(manifestPath)
  const load = async (): Promise<AnyConnector> =>
    exportedConnector(name, (await import(pathToFileURL(entryOf(manifest, home)).href)) as object)
  return {
    packageName: name,
    version: manifest.version ?? '0.0.0',
    folder: home,
    load,
    async describe() {
      try {
        return JSON.parse(await readFile(join(home, manifest.casare?.connector ?? ''), 'utf8')) as ConnectorDescription
      } catch {
        return (await load()).describe()
      }
    },
  }
}

interface Manifest {
  readonly version?: string
  readonly exports?: { readonly '.'?: Readonly<Record<string, string | { readonly default?: string }>> }
  readonly main?: string
  readonly casare?: { readonly connector?: string }
}

function findManifest(name: string, folder: string): string | undefined {
  try {
    return createRequire(join(resolve(folder), 'noop.js')).resolve(`${name}/package.json`)
  } catch {
    return undefined
  }
}

/** The entry that `import` would take; sources where this process runs from sources itself. */
function entryOf(manifest: Manifest, home: string): string {
  const entries = manifest.exports?.['.'] ?? {}
  const source = entries['@casare/source']
  if (typeof source === 'string' && import.meta.url.endsWith('.ts')) return join(home, source)
  const { import: esm } = entries
  const entry = typeof esm === 'string' ? esm : esm?.default
  return join(home, entry ?? manifest.main ?? 'index.js')
}

function exportedConnector(name: string, module: object): AnyConnector {
  const found = Object.values(module).find(isConnector)
  if (found === undefined)
    throw new ConnectorError({ code: 'invalid_input', message: `The package ${name} exports no connector.` })
  return found
}

/** Connectors installed where `folder` looks for packages, by name. Runs none of their code. */
export async function listConnectors(folder: string): Promise<InstalledConnector[]> {
  const found = new Map<string, InstalledConnector>()
  for (const root of createRequire(join(resolve(folder), 'noop.js')).resolve.paths('x') ?? []) {
    for (const name of await namesBelow(root)) {
      if (found.has(name)) continue
      const connector = await installed(name, folder)
      if (connector !== undefined) found.set(name, connector)
    }
  }
  return [...found.values()].sort((a, b) => (a.packageName < b.packageName ? -1 : 1))
}

async function namesBelow(root: string): Promise<string[]> {
  const list = (path: string): Promise<string[]> => readdir(path).catch(() => [])
  const scoped = (await list(join(root, '@casare'))).map((name) => `@casare/${name}`)
  const plain = (await list(root)).filter((name) => name.startsWith('casare-connector-'))
  return [...scoped, ...plain]
}
