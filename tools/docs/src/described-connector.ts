import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ConnectorDescription } from '@casare/core'
import { type Manifest, readManifest } from '../../workspace.ts'

/** What the documentation knows about a connector. */
export interface DescribedConnector {
  readonly manifest: Manifest
  /** What `dist/connector.json` holds once the package is built; taken from the sources, so that nothing need be built. */
  readonly description: ConnectorDescription
  /** Name of the export. */
  readonly exportName: string
  /** The first TypeScript sample of the package's README; `undefined` where it has none. */
  readonly sample: string | undefined
}

/**
 * Every connector below `packages/connectors`, by name. Needs Node's option `--conditions=@casare/source`.
 *
 * @param root absolute path of the repository
 * @throws when a package there does not export exactly one connector
 */
export async function describedConnectors(root: string): Promise<DescribedConnector[]> {
  const folders = globSync('packages/connectors/*/src/connector.ts', { cwd: root })
    .map((path) => dirname(dirname(join(root, path))))
    .sort()
  return Promise.all(folders.map(describedConnector))
}

async function describedConnector(folder: string): Promise<DescribedConnector> {
  const entry = (await import(pathToFileURL(join(folder, 'src', 'index.ts')).href)) as Record<string, unknown>
  const found = Object.entries(entry).filter(
    (pair): pair is [string, { describe(): Promise<ConnectorDescription> | ConnectorDescription }] =>
      typeof (pair[1] as { describe?: unknown } | null | undefined)?.describe === 'function',
  )
  const [connector, ...others] = found
  const manifest = readManifest(folder)
  if (connector === undefined || others.length > 0)
    throw new Error(
      `${manifest.name} exports ${found.map(([name]) => name).join(', ') || 'no connector'}; it should be one connector.`,
    )
  const [exportName, { describe }] = connector
  const readme = join(folder, 'README.md')
  return {
    manifest,
    description: await describe.call(connector[1]),
    exportName,
    sample: existsSync(readme) ? /```ts\n([\s\S]*?)```/.exec(readFileSync(readme, 'utf8'))?.[1]?.trimEnd() : undefined,
  }
}
