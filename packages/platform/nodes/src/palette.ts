import type { ConnectorDescription } from '@casare/core'
import { describeNodes } from './describe-nodes.ts'
import type { NodeDescription } from './node-description.ts'

/** Version of the manifest's form. It grows when a reader of the older form would be misled. */
export const paletteVersion = 1

/** All nodes of some connectors: what a workflow editor shows to choose from. */
export interface Palette {
  readonly paletteVersion: typeof paletteVersion
  readonly connectors: readonly Pick<ConnectorDescription, 'name' | 'title' | 'category' | 'description'>[]
  readonly nodes: readonly NodeDescription[]
}

/** The manifest of connectors' nodes, sorted by id: the same connectors give the same text. See `paletteSchema`. */
export function exportPalette(descriptions: readonly ConnectorDescription[]): Palette {
  const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
  return {
    paletteVersion,
    connectors: descriptions
      .map(({ name, title, category, description }) => ({ name, title, category, description }))
      .sort((a, b) => byText(a.name, b.name)),
    nodes: descriptions.flatMap(describeNodes).sort((a, b) => byText(a.id, b.id)),
  }
}
