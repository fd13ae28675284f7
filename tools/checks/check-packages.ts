// Looks at every built package as its consumers will see it: `npm run check:packages` after `npm run build`.
// `--update` accepts the public API as it is now into etc/*.api.md.
import { existsSync, mkdtempSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { workspacePackages } from '../workspace.ts'
import { checkApi } from './check-api.ts'
import { checkDeclarations } from './check-declarations.ts'
import { checkHovers } from './check-hovers.ts'
import { checkManifest } from './check-manifest.ts'
import { checkTarball } from './check-tarball.ts'

const update = process.argv.includes('--update')
const packages = workspacePackages()
const temporaryFolder = mkdtempSync(join(tmpdir(), 'casare-check-'))
let problemCount = 0

try {
  for (const entry of packages) {
    const { folder, manifest, shortName } = entry
    const own = join(temporaryFolder, shortName)
    mkdirSync(own)
    const problems = checkManifest(entry)
    let line = manifest.name.padEnd(24)
    if (!existsSync(join(folder, 'dist'))) problems.push('not built: npm run build')
    else {
      problems.push(
        ...checkDeclarations(entry, packages),
        ...checkApi(entry, own, update),
        ...(await checkHovers(entry)),
      )
      const tarball = await checkTarball(entry, own)
      problems.push(...tarball.problems)
      line += `${tarball.packedKib.toFixed(0).padStart(6)} KiB packed ${tarball.unpackedKib.toFixed(0).padStart(6)} KiB unpacked ${String(tarball.fileCount).padStart(4)} files`
    }
    process.stdout.write(`${problems.length === 0 ? 'ok    ' : 'failed'} ${line}\n`)
    for (const problem of problems) process.stdout.write(`         ${problem}\n`)
    problemCount += problems.length
  }
} finally {
  rmSync(temporaryFolder, { recursive: true, force: true })
}
process.stdout.write(`${packages.length} packages, ${problemCount} problems\n`)
process.exitCode = problemCount === 0 ? 0 : 1
