import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { exitCodes } from '../exit-codes.ts'
import { UsageError } from '../usage-error.ts'
import { defineCommand } from './command.ts'

/** Writes the palette of workflow nodes. */
export const nodesExport = defineCommand({
  name: 'nodes export',
  summary: 'Writes the palette of workflow nodes: every operation and stream of the connectors installed.',
  takes: '[CONNECTOR...]',
  options: {
    out: { type: 'string', value: 'FILE', description: 'The file to write. Default: standard output.' },
    schema: { type: 'boolean', description: 'Writes the JSON Schema of the palette in its place.' },
  },
  examples: ['nodes export --out palette.json', 'nodes export sqlite', 'nodes export --schema'],
  async run({ host, positionals, terminal, values }) {
    const { exportPalette, paletteSchema } = await import('@casare/nodes')
    if (values.schema === true && positionals.length > 0) throw new UsageError('--schema goes without connectors.')
    const palette = values.schema === true ? undefined : exportPalette(await descriptions(positionals, host.folder))
    const made = palette ?? paletteSchema
    if (values.out === undefined) {
      terminal.data(made)
      return exitCodes.ok
    }
    try {
      await writeFile(resolve(host.folder, values.out), `${JSON.stringify(made, undefined, 2)}\n`)
    } catch (error) {
      throw new UsageError(`--out ${values.out}: cannot be written: ${(error as Error).message}`, error)
    }
    const nodes = palette?.nodes.length
    if (terminal.json) terminal.data({ file: values.out, ...(nodes !== undefined && { nodes }) })
    else terminal.print(nodes === undefined ? `Wrote ${values.out}.` : `Wrote ${nodes} nodes to ${values.out}.`)
    return exitCodes.ok
  },
})

async function descriptions(names: readonly string[], folder: string) {
  const [{ listConnectors }, { describeConnector }] = await Promise.all([
    import('@casare/flow'),
    import('../project/describe-connector.ts'),
  ])
  if (names.length > 0) return Promise.all([...new Set(names)].map((name) => describeConnector(name, folder)))
  return Promise.all((await listConnectors(folder)).map((installed) => installed.describe()))
}
