import { nearest, type ConnectorDescription } from '@casare/core'
import { describeNodes, type NodeDescription } from '@casare/nodes'
import { exitCodes } from '../exit-codes.ts'
import { schemaLines } from '../output/schema-lines.ts'
import { table } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { UsageError } from '../usage-error.ts'
import { defineCommand } from './command.ts'

/** Shows what a connector, an operation or a stream is. */
export const describe = defineCommand({
  name: 'describe',
  summary: 'Shows a connector: settings, operations, streams; or one of them with its fields.',
  takes: 'CONNECTOR[.OPERATION]',
  options: {},
  details: 'Reads what the package says of itself; nothing is dialled. With --json: the JSON Schemas.',
  examples: ['describe sqlite', 'describe sqlite.query', 'describe rest.records.read --json'],
  async run({ host, positionals, terminal }) {
    const [text, ...rest] = positionals
    if (text === undefined || rest.length > 0)
      throw new UsageError('Name one connector, operation or stream: sqlite, sqlite.query, sqlite.rows.')
    const { describeConnector } = await import('../project/describe-connector.ts')
    const [name = '', ...path] = text.split('.')
    const description = await describeConnector(name, host.folder)
    const nodes = describeNodes(description)
    if (path.length === 0) {
      if (terminal.json) terminal.data(description)
      else showConnector(terminal, description, nodes)
      return exitCodes.ok
    }
    const id = [description.name, ...path].join('.')
    const found = nodes.filter((node) => node.id === id || node.id.startsWith(`${id}.`))
    if (found.length === 0) {
      const ids = nodes.map((node) => node.id)
      throw new UsageError(`There is no ${id}.${nearest(id, ids) || ` There is: ${ids.join(', ')}.`}`)
    }
    if (terminal.json) terminal.data(found.length === 1 ? found[0] : found)
    else found.forEach((node) => showNode(terminal, node))
    if (!terminal.json) showCall(terminal, host.program, found[0])
    return exitCodes.ok
  },
})

function showConnector(
  terminal: Terminal,
  { title, name, category, description, config, sessions }: ConnectorDescription,
  nodes: readonly NodeDescription[],
): void {
  terminal.print(`${terminal.style('bold', title)} (${name}, ${category})`)
  terminal.print(description)
  terminal.print(`\n${terminal.style('bold', 'Settings of a connection')}`)
  for (const line of schemaLines(config)) terminal.print(line)
  terminal.print()
  terminal.print(
    table(
      terminal,
      [
        { title: 'operation or stream', value: ({ id }) => id },
        { title: 'effect', value: ({ effect, effectDepends }) => `${effect}${effectDepends ? ' at worst' : ''}` },
        { title: 'description', value: (node) => node.description },
      ],
      nodes,
    ),
  )
  const scopes = Object.keys(sessions)
  if (scopes.length > 0) terminal.print(`\nSessions, in code only: ${scopes.join(', ')}`)
}

function showNode(terminal: Terminal, node: NodeDescription): void {
  const { id, description, inputs, outputs, effect, effectDepends, errorCodes } = node
  terminal.print(terminal.style('bold', id))
  terminal.print(description)
  for (const { name, schema } of inputs.filter((port) => port.name !== 'cursor' && port.name !== 'maxRecords')) {
    terminal.print(`\n${terminal.style('bold', name === 'input' ? 'Input' : 'Records')}`)
    for (const line of schemaLines(name === 'input' ? schema : { ...(schema['items'] as object) })) terminal.print(line)
  }
  terminal.print(`\n${terminal.style('bold', 'Output')}`)
  for (const { schema } of outputs) for (const line of schemaLines(schema)) terminal.print(line)
  terminal.print(`\nEffect: ${effect}${effectDepends ? ' at worst; it depends on the input' : ''}`)
  terminal.print(`Errors: ${errorCodes.join(', ')}\n`)
}

function showCall(terminal: Terminal, program: string, node: NodeDescription | undefined): void {
  if (node === undefined || node.kind === 'trigger') return
  terminal.print(`Call it: ${program} call ${node.id} '${exampleInput(node)}' --connection NAME`)
}

/** The fields that must be there, each with a placeholder. */
function exampleInput({ inputs }: NodeDescription): string {
  const { required = [] } = inputs[0]?.schema ?? {}
  return `{${(required as string[]).map((name) => `"${name}":…`).join(',')}}`
}
