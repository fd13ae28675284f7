// Writes a CycloneDX bill of materials for each package, reports/sbom/NAME.cdx.json: `node tools/release/write-sboms.ts`.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { workspacePackages, workspaceRoot } from '../workspace.ts'
import { runNpm } from './run-command.ts'

const folder = join(workspaceRoot, 'reports', 'sbom')
mkdirSync(folder, { recursive: true })
for (const { manifest, shortName } of workspacePackages()) {
  const bill = await runNpm(
    ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'library', '--omit', 'dev', '--workspace', manifest.name],
    { cwd: workspaceRoot },
  )
  writeFileSync(join(folder, `${shortName}.cdx.json`), bill)
  const { components = [] } = JSON.parse(bill) as { components?: unknown[] }
  process.stdout.write(`${manifest.name}: ${components.length} components\n`)
}
