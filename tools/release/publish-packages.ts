import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { workspacePackages } from '../workspace.ts'
import { runNpm } from './run-command.ts'
import { stagePackage } from './stage-package.ts'

/** Options of {@link publishPackages}. */
export interface PublishOptions {
  /** Arguments and variables that tell npm where to publish. */
  npmArguments: readonly string[]
  npmEnvironment?: Record<string, string | undefined> | undefined
  /** Called with each package before it is published. */
  onPackage?: ((name: string, version: string, isNew: boolean) => void) | undefined
}

/**
 * Publishes every built package whose version the registry does not have yet, each one after what it depends on.
 *
 * @returns what was published, `NAME@VERSION`
 * @throws at the first package that cannot be published; what went before stays published, and a second run goes on there
 */
export async function publishPackages({ npmArguments, npmEnvironment, onPackage }: PublishOptions): Promise<string[]> {
  const published: string[] = []
  const temporaryFolder = mkdtempSync(join(tmpdir(), 'casare-publish-'))
  try {
    for (const entry of workspacePackages()) {
      const { name, version } = entry.manifest
      const stage = join(temporaryFolder, entry.shortName)
      const options = { cwd: temporaryFolder, env: npmEnvironment }
      const isNew = !(await isPublished(name, version, npmArguments, options))
      onPackage?.(name, version, isNew)
      if (!isNew) continue
      stagePackage(entry, stage)
      // npm refuses a pre-release without a tag.
      const tag = version.includes('-') ? 'next' : 'latest'
      await runNpm(['publish', '--ignore-scripts', '--tag', tag, ...npmArguments], { ...options, cwd: stage })
      published.push(`${name}@${version}`)
    }
    return published
  } finally {
    rmSync(temporaryFolder, { recursive: true, force: true })
  }
}

async function isPublished(
  name: string,
  version: string,
  npmArguments: readonly string[],
  options: { cwd: string; env?: Record<string, string | undefined> | undefined },
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
