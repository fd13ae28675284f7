import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type WorkspacePackage, workspaceRoot } from '../workspace.ts'

const stabilities = ['experimental', 'beta', 'stable']

/** What is wrong with the shape of a package's `package.json`, one sentence each. */
export function checkManifest({ folder, manifest }: WorkspacePackage): string[] {
  const problems: string[] = []
  const expect = (holds: boolean, problem: string): void => {
    if (!holds) problems.push(`package.json: ${problem}`)
  }
  const place = relative(workspaceRoot, folder).replaceAll('\\', '/')
  const [, layer] = place.split('/')
  const { casare, repository, files, nx } = manifest as typeof manifest & {
    repository?: { directory?: string }
    nx?: { tags?: string[] }
  }
  const tags = nx?.tags ?? []

  expect(/^@casare\/[a-z0-9-]+$/.test(manifest.name), 'name is @casare/NAME')
  expect(Boolean(manifest.description), 'description is missing')
  expect(manifest.license === 'Apache-2.0', 'license is Apache-2.0')
  expect(manifest.type === 'module', 'type is module')
  expect(manifest.engines?.['node'] === '>=22.19', 'engines.node is >=22.19')
  expect(manifest['sideEffects'] === false, 'sideEffects is false')
  expect(repository?.directory === place, `repository.directory is ${place}`)
  expect(Boolean(files?.includes('dist') && files.includes('CHANGELOG.md')), 'files has dist and CHANGELOG.md')
  expect(
    stabilities.includes(casare?.stability ?? ''),
    `casare.stability is one of ${stabilities.join(', ')} (docs/versioning.md)`,
  )
  expect(
    casare?.stability !== 'stable' || layer !== 'connectors' || Boolean(casare.peer),
    'a stable connector names in casare.peer the real server that it is tested against',
  )
  expect(
    casare?.connector === undefined || !existsSync(join(folder, 'dist')) || existsSync(join(folder, casare.connector)),
    'casare.connector names a file that the build gives',
  )
  expect(manifest.exports['./package.json'] === './package.json', 'exports has ./package.json')
  for (const [subpath, target] of Object.entries(manifest.exports)) {
    if (typeof target === 'string') continue
    expect(Object.keys(target)[0] === '@casare/source', `exports["${subpath}"] starts with @casare/source`)
    const source = target['@casare/source']
    expect(
      typeof source === 'string' && existsSync(join(folder, source)),
      `exports["${subpath}"] names a source that exists`,
    )
  }
  const layerTag = { platform: 'layer:platform', connectors: 'layer:connector', apps: 'layer:app' }[layer ?? '']
  expect(
    layerTag !== undefined && tags.includes(layerTag),
    `nx.tags has ${layerTag}, or the boundary rule sees nothing`,
  )
  expect(
    layer !== 'platform' || tags.includes(`platform:${manifest.name.slice('@casare/'.length)}`),
    'nx.tags has platform:NAME',
  )
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) {
    expect(manifest.scripts?.[script] === undefined, `no ${script} script: nothing runs on a user's machine at install`)
  }
  return problems
}
