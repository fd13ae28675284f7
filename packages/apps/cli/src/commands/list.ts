import { exitCodes } from '../exit-codes.ts'
import { shellWord } from '../output/format.ts'
import { table } from '../output/table.ts'
import { UsageError } from '../usage-error.ts'
import { defineCommand } from './command.ts'

interface Listed {
  readonly name: string
  readonly title: string
  readonly category: string
  readonly package: string
  readonly version: string
  readonly operations: readonly string[]
  readonly streams: readonly string[]
}

/** Lists installed connectors and declared connections. */
export const list = defineCommand({
  name: 'list',
  summary: 'Lists the connectors that are installed, and the connections of casare.yaml.',
  takes: '',
  options: {
    file: { type: 'string', value: 'PATH', description: 'A casare.yaml or a flow, whose project is looked at.' },
  },
  examples: ['list', 'list --json'],
  async run({ host, positionals, terminal, values }) {
    if (positionals.length > 0) throw new UsageError('"list" takes no names; "casare describe CONNECTOR" shows one.')
    const [{ listConnectors }, { loadProject }] = await Promise.all([
      import('@casare/flow'),
      import('../project/load-project.ts'),
    ])
    const project = await loadProject(host.folder, values.file)
    const connectors: Listed[] = []
    for (const installed of await listConnectors(project?.folder ?? host.folder)) {
      const { name, title, category, operations, streams } = await installed.describe()
      const { packageName, version } = installed
      connectors.push({
        name,
        title,
        category,
        package: packageName,
        version,
        operations: Object.keys(operations),
        streams: Object.keys(streams),
      })
    }
    const connections = Object.entries(project?.connections ?? {}).map(([name, declared]) => ({
      name,
      connector: (declared as { readonly connector: string }).connector,
    }))
    if (terminal.json) {
      terminal.data({ connectors, connections })
      return exitCodes.ok
    }
    if (connectors.length === 0)
      terminal.print('No connectors are installed here. To install one: npm install @casare/rest')
    else
      terminal.print(
        table(
          terminal,
          [
            { title: 'connector', value: ({ name }) => name },
            { title: 'title', value: ({ title }) => title },
            { title: 'category', value: ({ category }) => category },
            { title: 'package', value: (row) => `${row.package}@${row.version}` },
            { title: 'operations', value: ({ operations }) => operations.join(' '), maxWidth: 72 },
            { title: 'streams', value: ({ streams }) => streams.join(' '), maxWidth: 40 },
          ],
          connectors,
        ),
      )
    if (connections.length > 0) {
      terminal.print(`\nConnections of ${project?.file}:`)
      terminal.print(
        table(
          terminal,
          [
            { title: 'connection', value: ({ name }) => name },
            { title: 'connector', value: ({ connector }) => connector },
          ],
          connections,
        ),
      )
    }
    const [first] = connectors
    if (first !== undefined) terminal.print(`\nMore of one: ${host.program} describe ${shellWord(first.name)}`)
    return exitCodes.ok
  },
})
