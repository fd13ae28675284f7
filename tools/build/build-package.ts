// Builds the package in the current folder: `node ../../../tools/build/build-package.ts`, called by its `build` script.
import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'tsup'
import { configuration } from '../../tsup.config.ts'
import { codeEntries, readManifest } from '../workspace.ts'
import { emitDeclarations } from './emit-declarations.ts'
import { findEntries } from './find-entries.ts'
import { writeConnectorManifest } from './write-connector-manifest.ts'

const folder = process.cwd()
const manifest = readManifest(folder)
const startedAt = performance.now()

const entries = findEntries(folder, manifest)
const entry = Object.fromEntries(entries.map((stem) => [stem, `src/${stem}.ts`]))
for (const output of ['esm', 'cjs'] as const) await build({ ...configuration(output), entry })

// What is not code (SQL, JSON, templates) is read by relative path: it keeps its place.
cpSync(join(folder, 'src'), join(folder, 'dist'), {
  recursive: true,
  filter: (path) => !path.endsWith('.ts'),
})
emitDeclarations(
  folder,
  codeEntries(manifest).map(({ stem }) => stem),
)

for (const { subpath, stem } of codeEntries(manifest)) {
  for (const ending of ['js', 'cjs', 'd.ts', 'd.cts']) {
    if (existsSync(join(folder, 'dist', `${stem}.${ending}`))) continue
    throw new Error(`${manifest.name}: exports["${subpath}"] names dist/${stem}.${ending}, which src does not give`)
  }
}
await writeConnectorManifest({ shortName: manifest.name.replace(/^@[^/]+\//, ''), folder, manifest })
process.stdout.write(`${manifest.name} built in ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`)
