// `npm run release:dry`: publishes every built package to a private registry on loopback, installs some of them into an
// empty folder outside the workspace, and uses them there as consumers do.
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { consumerChecks, consumerDependencies, writeConsumer } from './consumer.ts'
import { publishPackages } from './publish-packages.ts'
import { run, runNpm } from './run-command.ts'
import { startRegistry } from './start-registry.ts'

/** The oldest Node that the packages support, beside the pinned one. */
const oldestNode = '22.19.0'

const temporaryFolder = mkdtempSync(join(tmpdir(), 'casare-release-'))
const npmHome = join(temporaryFolder, 'npm')
const consumerFolder = join(temporaryFolder, 'consumer')
const oldNodeFolder = join(temporaryFolder, 'old-node')
for (const folder of [npmHome, consumerFolder, oldNodeFolder]) mkdirSync(folder)

const npmSetting = async (name: string): Promise<string | undefined> => {
  const value = (await runNpm(['config', 'get', name], { cwd: temporaryFolder })).trim()
  return value === 'null' || value === 'undefined' || value === '' ? undefined : value
}

let failures = 0
const startedAt = performance.now()
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`
const report = (isOk: boolean, title: string, since: number, details = ''): void => {
  process.stdout.write(`${isOk ? 'ok    ' : 'failed'} ${title} (${seconds(since)})\n`)
  if (isOk) return
  failures += 1
  process.stdout.write(`${details.trim().replace(/^/gm, '         ')}\n`)
}

const upstream = await npmSetting('registry')
if (upstream === undefined) throw new Error('npm has no registry configured: npm config get registry')
const registry = await startRegistry(
  temporaryFolder,
  upstream,
  process.env['NODE_EXTRA_CA_CERTS'] ?? (await npmSetting('cafile')),
)
const { watcher } = registry
const stop = (signal: string): void => {
  process.stderr.write(`${signal}: stopped before the end\n`)
  void registry.close().then(() => process.exit(1))
}
process.once('SIGINT', stop)
process.once('SIGTERM', stop)

try {
  // The private registry asks for no one's name, but npm refuses to publish without a token.
  const userConfig = join(npmHome, 'npmrc')
  writeFileSync(
    userConfig,
    [
      `registry=${registry.url}`,
      `${registry.url.replace('http:', '')}:_authToken=rehearsal`,
      `cache=${join(npmHome, 'cache')}`,
      'fund=false',
      'audit=false',
      'update-notifier=false',
      '',
    ].join('\n'),
  )
  const npmArguments = ['--userconfig', userConfig]

  let since = performance.now()
  const published = await publishPackages({
    temporaryFolder: join(temporaryFolder, 'stage'),
    npmArguments,
    watcher,
  })
  report(published.length > 0, `published ${published.length} packages`, since)

  since = performance.now()
  writeConsumer(consumerFolder)
  await runNpm(['install', '--no-progress', ...consumerDependencies(), ...npmArguments], {
    cwd: consumerFolder,
    watcher,
  })
  report(true, 'installed into an empty folder', since)

  since = performance.now()
  const nodePackage = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  await runNpm(
    ['install', '--no-progress', '--prefix', oldNodeFolder, `${nodePackage}@${oldestNode}`, ...npmArguments],
    {
      cwd: oldNodeFolder,
      watcher,
    },
  )
  const oldNode = join(
    oldNodeFolder,
    'node_modules',
    nodePackage,
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  )
  report(existsSync(oldNode), `installed Node ${oldestNode}`, since, `${oldNode} is missing`)

  for (const node of [process.execPath, oldNode]) {
    const { stdout: version } = await run(node, ['--version'], { cwd: consumerFolder })
    for (const { title, args } of consumerChecks()) {
      since = performance.now()
      // The consumer's node must see nothing of the workspace: neither its conditions nor its path.
      const env = { NODE_OPTIONS: undefined, NODE_PATH: undefined, NODE_NO_WARNINGS: '1' }
      const result = await run(node, args, { cwd: consumerFolder, env, timeoutMs: 120_000, watcher })
      report(result.exitCode === 0, `${title} on Node ${version.trim()}`, since, result.stdout + result.stderr)
    }
  }
} catch (error) {
  report(false, 'the rehearsal itself', startedAt, String(error))
} finally {
  await registry.close()
}
process.stdout.write(
  `${failures === 0 ? 'The release would work' : `${failures} steps failed`}, ${seconds(startedAt)}\n`,
)
process.exitCode = failures === 0 ? 0 : 1
