import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Manifest, type WorkspacePackage, workspaceRoot } from '../workspace.ts'

/** The export condition under which the packages of this repository use each other unbuilt. */
const sourceCondition = '@casare/source'

/**
 * Lays out in `target` what is published of a package, and nothing else: its `files`, README, the licence, and a
 * `package.json` without what only means something inside the workspace (docs/decisions/0002-publish-from-a-stage.md).
 *
 * @param entry a built package
 * @param target a folder that does not exist yet, or is empty
 * @throws when something that `files` names is missing
 */
export function stagePackage({ folder, manifest }: WorkspacePackage, target: string): void {
  mkdirSync(target, { recursive: true })
  for (const name of manifest.files ?? []) {
    const source = join(folder, name)
    if (existsSync(source)) cpSync(source, join(target, name), { recursive: true })
    // The first release writes the first changelog.
    else if (name !== 'CHANGELOG.md') throw new Error(`${manifest.name}: files names ${name}, which is not there`)
  }
  if (existsSync(join(folder, 'README.md'))) cpSync(join(folder, 'README.md'), join(target, 'README.md'))
  cpSync(join(workspaceRoot, 'LICENSE'), join(target, 'LICENSE'))
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`)
}

/** The manifest as a consumer sees it. */
export function publishedManifest(manifest: Manifest): Manifest {
  const published = structuredClone(manifest)
  delete published.scripts
  delete published.devDependencies
  delete published['nx']
  published.exports = withoutSourceCondition(manifest.exports) as Manifest['exports']
  return published
}

function withoutSourceCondition(target: unknown): unknown {
  if (typeof target !== 'object' || target === null) return target
  return Object.fromEntries(
    Object.entries(target)
      .filter(([condition]) => condition !== sourceCondition)
      .map(([condition, value]) => [condition, withoutSourceCondition(value)]),
  )
}
