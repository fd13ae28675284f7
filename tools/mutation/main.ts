// `npm run mutation -- resilience [FILE…]`: mutation testing of a platform package with Stryker, or of some of its files.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { workspaceRoot } from '../workspace.ts'

const [name = '', ...files] = process.argv.slice(2)
if (name === '' || !existsSync(join(workspaceRoot, 'packages/platform', name))) {
  process.stderr.write('Say which package of packages/platform: npm run mutation -- resilience\n')
  process.exit(2)
}
const stryker = join(workspaceRoot, 'node_modules/@stryker-mutator/core/bin/stryker.js')
const only = files.length === 0 ? [] : ['--mutate', files.join(',')]
const { status } = spawnSync(process.execPath, [stryker, 'run', 'tools/mutation/stryker.config.mjs', ...only], {
  cwd: workspaceRoot,
  stdio: 'inherit',
  env: { ...process.env, CASARE_MUTATE: name },
})
process.exit(status ?? 1)
