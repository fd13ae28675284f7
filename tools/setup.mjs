// Brings a clone into a state where every npm script works: installs what the lock file names, and refuses early where
// Node is too old. Runs before the scripts of the root package.json, on whatever Node the machine has (20 or later);
// the scripts after it run on the Node that the repository pins (node_modules/.bin/node, from optionalDependencies).
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const oldestForSetup = [20, 0]
const oldestForScripts = [22, 19]

/** Whether `version` ("v24.21.0") is at least `[major, minor]`. */
function isAtLeast(version, [major, minor]) {
  const [ownMajor = 0, ownMinor = 0] = version.replace(/^v/, '').split('.').map(Number)
  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

/**
 * What the lock file names and node_modules does not hold. Compared by content, not by time: a checkout or a copy sets
 * new times without changing anything. Optional packages are left out, they may be meant for another platform.
 */
function differencesFromLock() {
  const installedLock = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installedLock)) return ['node_modules']
  const { packages: wanted } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const { packages: installed } = JSON.parse(readFileSync(installedLock, 'utf8'))
  return Object.keys(wanted).filter((path) => {
    const entry = wanted[path]
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return false
    if (entry.optional || entry.devOptional) return false
    return installed[path]?.version !== entry.version || installed[path]?.integrity !== entry.integrity
  })
}

if (!isAtLeast(process.version, oldestForSetup)) {
  fail(
    `This repository needs Node 20 or later to set itself up, and you run ${process.version}. Get it from https://nodejs.org.`,
  )
}

const differences = differencesFromLock()
if (differences.length > 0) {
  process.stderr.write(
    `Installing the packages of package-lock.json (differs: ${differences.slice(0, 3).join(', ')})\n`,
  )
  const npm = process.env.npm_execpath
  // What npm tells this script about itself (npm_config_*) is what its own child should see too: nothing is removed.
  const result =
    npm && npm.endsWith('.js')
      ? spawnSync(process.execPath, [npm, 'ci', '--no-progress'], { cwd: root, stdio: ['ignore', 2, 2] })
      : spawnSync('npm', ['ci', '--no-progress'], {
          cwd: root,
          stdio: ['ignore', 2, 2],
          shell: process.platform === 'win32',
        })
  if (result.status !== 0) fail(`npm ci failed in ${root}. Nothing else was started.`)
}

const pinnedNode = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')
const scriptsNode = existsSync(pinnedNode)
  ? execFileSync(pinnedNode, ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' }).trim()
  : process.version
if (!isAtLeast(scriptsNode, oldestForScripts)) {
  fail(
    `Casare Connect needs Node ${oldestForScripts.join('.')} or later, and its scripts would run on ${scriptsNode}. ` +
      `The repository brings its own Node for Linux and Windows on x64 and Linux on arm64; elsewhere install Node 24 from https://nodejs.org.`,
  )
}
