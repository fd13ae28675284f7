// Publishes what is new: `node tools/release/publish.ts`, in the release workflow alone, which has the trust of the
// registry (OpenID Connect) and gives the provenance. `npm run release:dry` rehearses the same steps on loopback.
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publishPackages } from './publish-packages.ts'

if (process.env['GITHUB_ACTIONS'] !== 'true') {
  process.stderr.write('Releases come from the release workflow. To rehearse one here: npm run release:dry\n')
  process.exit(1)
}
const temporaryFolder = mkdtempSync(join(tmpdir(), 'casare-publish-'))
const published = await publishPackages({
  temporaryFolder,
  npmArguments: ['--provenance', '--access', 'public'],
  onPackage: (name, version, isNew) => process.stdout.write(`${isNew ? 'publish' : 'is there'} ${name}@${version}\n`),
}).finally(() => rmSync(temporaryFolder, { recursive: true, force: true }))
for (const release of published) process.stdout.write(`New tag: ${release}\n`)
const output = process.env['GITHUB_OUTPUT']
if (output) appendFileSync(output, `published=${published.length > 0}\n`)
