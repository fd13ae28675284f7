// Publishes what is new: `node tools/release/publish.ts`, in the release workflow alone, which has the trust of the
// registry (OpenID Connect) and gives the provenance. `npm run release:dry` rehearses the same steps on loopback.
import { appendFileSync } from 'node:fs'
import { publishPackages } from './publish-packages.ts'

if (process.env['GITHUB_ACTIONS'] !== 'true') {
  process.stderr.write('Releases come from the release workflow. To rehearse one here: npm run release:dry\n')
  process.exit(1)
}
const published = await publishPackages({
  npmArguments: ['--provenance', '--access', 'public'],
  onPackage: (name, version, isNew) => process.stdout.write(`${isNew ? 'publish' : 'is there'} ${name}@${version}\n`),
})
for (const release of published) process.stdout.write(`New tag: ${release}\n`)
const output = process.env['GITHUB_OUTPUT']
if (output) appendFileSync(output, `published=${published.length > 0}\n`)
