import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { workspacePackages } from '../workspace.ts'
import { type RunOptions, runNpm } from './run-command.ts'
import { stagePackage } from './stage-package.ts'

/** Options of {@link publishPackages}. */
export interface PublishOptions {
  /** An empty folder in which the packages are laid out. The caller removes it. */
  temporaryFolder: string
  /** Arguments that tell npm where and how to publish. */
  npmArguments: readonly string[]
  /** Told of each npm that starts. */
  watcher?: RunOptions['watcher']
  /** Told of each `NAME@VERSION` once it is published. */
  onPublished?: ((release: string) => void) | undefined
}

/**
 * Publishes every built package whose version the registry does not have yet, each one after what it depends on.
 *
 * @returns what was published, `NAME@VERSION`
 * @throws at the first package that cannot be published; what went before stays published, and a second run goes on there
 */
export async function publishPackages(publishOptions: PublishOptions): Promise<string[]> {
  const { temporaryFolder, npmArguments, watcher, onPublished } = publishOptions
  mkdirSync(temporaryFolder, { recursive: true })
  const published: string[] = []
  for (const entry of workspacePackages()) {
    const { name, version } = entry.manifest
    if (await isPublished(name, version, npmArguments, { cwd: temporaryFolder, watcher })) continue
    const stage = join(temporaryFolder, entry.shortName)
    stagePackage(entry, stage)
    // npm refuses a pre-release without a tag.
    const tag = version.includes('-') ? 'next' : 'latest'
    await runNpm(['publish', '--ignore-scripts', '--tag', tag, ...npmArguments], { cwd: stage, watcher })
    published.push(`${name}@${version}`)
    onPublished?.(`${name}@${version}`)
  }
  return published
}

async function isPublished(
  name: string,
  version: string,
  npmArguments: readonly string[],
  options: RunOptions,
): Promise<boolean> {
  const registry = npmArguments.filter((argument) => !argument.startsWith('--provenance'))
  try {
    const answer = await runNpm(['view', name, 'versions', '--json', ...registry], options)
    const versions = JSON.parse(answer) as string | string[]
    return [versions].flat().includes(version)
  } catch (error) {
    // A package's first release is not there at all; any other failure must not be taken for that.
    if (String(error).includes('E404')) return false
    throw error
  }
}
