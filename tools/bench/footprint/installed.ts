import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

interface Manifest {
  readonly name: string
  readonly files?: readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
}

/** What an installed package weighs with everything it brings. */
export interface Installed {
  readonly mib: number
  readonly packages: number
  readonly ownMib: number
}

/** Size and number of packages that `npm install` of the package in a folder brings, the package itself included. */
export function installedOf(folder: string): Installed {
  const seen = new Map<string, number>()
  visit(realpathSync(folder), seen)
  const bytes = [...seen.values()].reduce((sum, value) => sum + value, 0)
  return { mib: bytes / 1_048_576, packages: seen.size, ownMib: (seen.get(realpathSync(folder)) ?? 0) / 1_048_576 }
}

function visit(folder: string, seen: Map<string, number>): void {
  if (seen.has(folder)) return
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  const isOurs = manifest.name.startsWith('@casare/')
  seen.set(folder, isOurs ? sizeOf(join(folder, 'dist')) : sizeOf(folder))
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    const found = findPackage(name, folder)
    if (found !== undefined) visit(found, seen)
  }
}

function findPackage(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate)
    if (folder === dirname(folder)) return undefined
  }
}

function sizeOf(path: string): number {
  if (!existsSync(path)) return 0
  const status = statSync(path)
  if (!status.isDirectory()) return status.size
  return readdirSync(path)
    .filter((name) => name !== 'node_modules')
    .reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
}
