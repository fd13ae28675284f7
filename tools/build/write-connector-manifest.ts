import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { WorkspacePackage } from '../workspace.ts'

/**
 * Writes `dist/connector.json`, what the connector's `describe()` answers: listings, completion and palettes read that
 * file and run no connector code. Does nothing for a package without a `src/connector.ts`.
 *
 * @throws when the package has no or more than one connector, or does not name the file in its package.json
 */
export async function writeConnectorManifest({ folder, manifest }: WorkspacePackage): Promise<void> {
  if (!existsSync(join(folder, 'src', 'connector.ts'))) return
  if (manifest.casare?.connector !== './dist/connector.json') {
    throw new Error(
      `${manifest.name}: package.json must name the built file: "casare": { "connector": "./dist/connector.json" }`,
    )
  }
  const entry = (await import(pathToFileURL(join(folder, 'dist', 'index.js')).href)) as Record<string, unknown>
  const connectors = Object.entries(entry).filter(
    (pair): pair is [string, { describe(): unknown }] =>
      (typeof pair[1] === 'function' || (typeof pair[1] === 'object' && pair[1] !== null)) &&
      typeof (pair[1] as { describe?: unknown }).describe === 'function',
  )
  const [found, ...others] = connectors
  if (!found || others.length > 0) {
    const names = connectors.map(([name]) => name).join(', ') || 'none'
    throw new Error(`${manifest.name}: a connector package exports exactly one connector, found: ${names}`)
  }
  const description = await found[1].describe()
  writeFileSync(join(folder, 'dist', 'connector.json'), `${JSON.stringify(description, null, 2)}\n`)
}
