// Publishes what is new: `node tools/release/publish.ts`, in the release workflow alone, which has the trust of the
// registry (OpenID Connect) and gives the provenance. `npm run release:dry` rehearses the same steps on loopback.
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { workspaceRoot } from '../workspace.ts'
import { publishPackages } from './publish-packages.ts'

if (process.env['GITHUB_ACTIONS'] !== 'true') {
  process.stderr.write('Releases come from the release workflow. To rehearse one here: npm run release:dry\n')
  process.exit(1)
}
// What the workflow tags afterwards, one NAME@VERSION a line, written as it goes: a run may fail half-way.
const listPath = join(workspaceRoot, 'reports', 'published.txt')
mkdirSync(join(workspaceRoot, 'reports'), { recursive: true })
const temporaryFolder = mkdtempSync(join(tmpdir(), 'casare-publish-'))
await publishPackages({
  temporaryFolder,
  npmArguments: ['--provenance', '--access', 'public'],
  onPublished(release) {
    process.stdout.write(`published ${release}\n`)
    appendFileSync(listPath, `${release}\n`)
  },
}).finally(() => rmSync(temporaryFolder, { recursive: true, force: true }))
