import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The part of a `package.json` that the tools of this repository read. */
export interface Manifest {
  name: string
  version: string
  type?: string
  description?: string
  license?: string
  engines?: Record<string, string>
  exports: Record<string, string | Record<string, unknown>>
  bin?: string | Record<string, string>
  files?: string[]
  scripts?: Record<string, string>
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  casare?: { stability?: string; connector?: string; maxUnpackedKib?: number; peer?: string }
  [field: string]: unknown
}

/** One package of the workspace. */
export interface WorkspacePackage {
  /** `core` of `@casare/core`. */
  shortName: string
  /** Absolute path of its folder. */
  folder: string
  manifest: Manifest
}

/** Absolute path of the repository. */
export const workspaceRoot: string = dirname(import.meta.dirname)

/** Reads one package.json. */
export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
}

/** Every published package below `packages/`, each one after the workspace packages that it depends on. */
export function workspacePackages(): WorkspacePackage[] {
  const found = globSync('packages/*/*/package.json', { cwd: workspaceRoot })
    .map((path) => dirname(join(workspaceRoot, path)))
    .sort()
    .map((folder) => {
      const manifest = readManifest(folder)
      return { shortName: manifest.name.replace(/^@[^/]+\//, ''), folder, manifest }
    })
  const byName = new Map(found.map((entry) => [entry.manifest.name, entry]))
  const ordered = new Set<WorkspacePackage>()
  const visit = (entry: WorkspacePackage, path: readonly string[]): void => {
    const { name } = entry.manifest
    if (path.includes(name))
      throw new Error(`Packages depend on each other in a circle: ${[...path, name].join(' -> ')}`)
    const { dependencies = {}, peerDependencies = {} } = entry.manifest
    for (const dependency of Object.keys({ ...dependencies, ...peerDependencies })) {
      const sibling = byName.get(dependency)
      if (sibling) visit(sibling, [...path, name])
    }
    ordered.add(entry)
  }
  for (const entry of found) visit(entry, [])
  return [...ordered]
}

/**
 * The entries that a package exports as code: subpath (`.`, `./zod`) to the path of its source without ending
 * (`index`, `zod`), taken from the ESM target `./dist/index.js`.
 */
export function codeEntries(manifest: Manifest): { subpath: string; stem: string }[] {
  return Object.entries(manifest.exports).flatMap(([subpath, target]) => {
    if (typeof target === 'string') return []
    const branch = target['import'] as { default?: string } | undefined
    const match = branch?.default && /^\.\/dist\/(.+)\.js$/.exec(branch.default)
    return match ? [{ subpath, stem: match[1] as string }] : []
  })
}
