// The licence gate: everything that comes with a published package is under a licence that asks nothing of its users
// but attribution. Reads the lock file, which names the licence of each package. `npm run check:licences`.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { workspaceRoot } from '../workspace.ts'

const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Python-2.0',
  'Unlicense',
])

/** Packages that name their licence elsewhere than in `license`, by version, and where. */
const statedElsewhere: Readonly<Record<string, { readonly version: string; readonly license: string }>> = {
  // `licenses` of its package.json, and LICENSE.
  'passport-strategy': { version: '1.0.0', license: 'MIT' },
  // Its Readme.md.
  pause: { version: '0.0.1', license: 'MIT' },
}

interface LockEntry {
  version?: string
  license?: string
  dev?: boolean
  link?: boolean
}

const { packages } = JSON.parse(readFileSync(join(workspaceRoot, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, LockEntry>
}
const shipped = Object.entries(packages).filter(
  ([path, entry]) => path.includes('node_modules/') && !entry.dev && !entry.link,
)
/** `(MIT OR GPL-3.0)` offers a choice, `MIT AND ISC` asks for both. */
const isAllowed = (expression: string): boolean =>
  expression
    .replaceAll(/[()]/g, '')
    .split(/ OR /i)
    .some((choice) => choice.split(/ AND /i).every((name) => allowed.has(name.trim())))
const licenceOf = (path: string, { license, version }: LockEntry): string | undefined => {
  const stated = statedElsewhere[path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)]
  return license ?? (stated?.version === version ? stated?.license : undefined)
}
const refused = shipped.filter(([path, entry]) => {
  const license = licenceOf(path, entry)
  return license === undefined || !isAllowed(license)
})
for (const [path, { license }] of refused) process.stdout.write(`${path}: ${license ?? 'names no licence'}\n`)
process.stdout.write(`${shipped.length} packages looked at, ${refused.length} under a licence that is not allowed\n`)
process.exitCode = refused.length === 0 && shipped.length > 0 ? 0 : 1
