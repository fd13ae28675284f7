import type { ConnectorDescription, ErrorCode, JsonSchema, OperationDescription, StreamDescription } from '@casare/core'
import { diagram } from './diagram.ts'
import type { DescribedConnector } from './described-connector.ts'
import { example } from './example.ts'
import { schemaRows, typeInWords } from './schema-rows.ts'
import { testingPlan } from './testing-plan.ts'

const effects = {
  read: 'changes nothing; repeated after any transient failure',
  idempotent: 'twice leaves the same state as once; repeated after any transient failure',
  keyed: 'repeated with the same idempotency key',
  unsafe: 'twice is twice; not repeated where it may have happened, the answer is `outcome_unknown` then',
}

/** Settings that every connection takes; they stand behind those of the connector itself. */
const uniform = ['pool', 'timeouts', 'resilience', 'tls', 'log', 'readOnly']

/** The page of a connector, in Markdown. */
export function connectorPage(connector: DescribedConnector): string {
  const { description, manifest } = connector
  const { title, operations, streams, sessions } = description
  const parts = [
    `<!-- Written by \`npm run docs\` from what the connector says of itself. Do not edit. -->`,
    `# ${title}`,
    description.description,
    table(
      ['', ''],
      [
        ['package', `\`${manifest.name}\``],
        ['install', `\`npm install ${manifest.name}\``],
        ['category', description.category],
        ['stability', `${manifest.casare?.stability ?? 'experimental'} ([meaning](../versioning.md#stability))`],
        ['operations', names(operations)],
        ['streams', names(streams)],
        ['sessions', names(sessions)],
        ...(description.secretProvider ? [['secret provider', 'resolves `secret://` references']] : []),
      ],
    ),
    '## How it fits together',
    `\`\`\`mermaid\n${diagram(connector)}\n\`\`\``,
    '## Example',
    example(connector),
    ...configuration(description),
    ...(Object.keys(operations).length === 0 ? [] : ['## Operations']),
    ...Object.entries(operations).flatMap(([name, operation]) => operationSection(name, operation)),
    ...(Object.keys(streams).length === 0 ? [] : ['## Streams']),
    ...Object.entries(streams).flatMap(([name, stream]) => streamSection(name, stream)),
    ...(Object.keys(sessions).length === 0 ? [] : ['## Sessions']),
    ...Object.entries(sessions).flatMap(([name, session]) => [
      `### \`${name}\``,
      session.description,
      '**Input**',
      fields(session.input),
    ]),
    '## Testing plan',
    testingPlan(connector),
  ]
  return `${parts.join('\n\n')}\n`
}

function configuration({ config }: ConnectorDescription): string[] {
  const rows = schemaRows(config)
  const top = (name: string): string => name.split('.')[0] ?? name
  const secretTops = new Set(rows.filter(({ secret }) => secret).map(({ name }) => top(name)))
  const isUniform = (name: string): boolean => uniform.includes(top(name))
  const isAuth = (name: string): boolean => !isUniform(name) && (top(name) === 'auth' || secretTops.has(top(name)))
  const own = rows.filter(({ name }) => !isUniform(name) && !isAuth(name))
  const auth = rows.filter(({ name }) => isAuth(name))
  return [
    '## Authentication',
    auth.length === 0
      ? 'None: the system asks for no credentials.'
      : `${fieldTable(auth)}\n\nA secret is a plain string, \`fromEnv('NAME')\` or \`fromFile(path)\`; in flow files only a reference, ` +
        'such as `secret://env/NAME`. It is scrubbed from errors, causes and logs.',
    '## Configuration',
    fieldTable(own),
    'Like every connection it also takes:',
    fieldTable(rows.filter(({ name }) => isUniform(name))),
  ]
}

function operationSection(name: string, operation: OperationDescription): string[] {
  return [
    `### \`${name}\``,
    operation.description,
    effectLine(operation),
    '**Input**',
    fields(operation.input),
    '**Output**',
    fields(operation.output, false),
    errorLine(operation.errors),
  ]
}

function streamSection(name: string, { description, read, listen, write }: StreamDescription): string[] {
  const section = [`### \`${name}\``, description]
  if (read !== undefined)
    section.push(
      `#### \`${name}.read\``,
      read.description,
      read.identified
        ? '**Effect** `read`. Records carry an identity, which flows use as their key.'
        : '**Effect** `read`.',
      '**Input**',
      fields(read.input),
      '**Record**',
      fields(read.record, false),
      '**Cursor**, where a read goes on',
      fields(read.cursor, false),
      errorLine(read.errors),
    )
  if (listen !== undefined)
    section.push(
      `#### \`${name}.listen\``,
      listen.description,
      '**Acknowledgement** the promise of the handler: resolved is an ack, rejected a nack. At least once.',
      '**Input**',
      fields(listen.input),
      '**Event**',
      fields(listen.event, false),
      errorLine(listen.errors),
    )
  if (write !== undefined)
    section.push(
      `#### \`${name}.write\``,
      write.description,
      effectLine(write),
      write.atomic
        ? '**Batches** are written whole or not at all; a batch that is refused is halved until the record to blame is found.'
        : '**Batches** are answered record by record.',
      '**Input**',
      fields(write.input),
      '**Record**',
      fields(write.record, false),
      errorLine(write.errors),
    )
  return section
}

function effectLine({ effect, effectDepends }: { effect: keyof typeof effects; effectDepends: boolean }): string {
  const better = effectDepends ? ' That is the worst case: the input may make it better.' : ''
  return `**Effect** \`${effect}\`: ${effects[effect]}.${better}`
}

function errorLine(errors: readonly ErrorCode[]): string {
  const declared = errors.map((code) => `\`${code}\``).join(', ')
  return `**Errors** ${declared === '' ? 'none of its own' : declared}`
}

function fields(schema: JsonSchema, withDefaults = true): string {
  const rows = schemaRows(schema)
  if (rows.length > 0) return fieldTable(rows, withDefaults)
  const words = typeInWords(schema)
  const isEmpty = words === 'object' && 'properties' in schema
  return isEmpty || words === '{  }' ? 'No fields.' : `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
}

function fieldTable(rows: readonly ReturnType<typeof schemaRows>[number][], withDefaults = true): string {
  if (rows.length === 0) return 'No fields.'
  const header = ['field', 'type', ...(withDefaults ? ['default'] : []), 'meaning']
  return table(
    header,
    rows.map((row) => [
      `\`${row.name}\`${row.required ? '' : '?'}`,
      `${row.type}${row.secret ? ', secret' : ''}`,
      ...(withDefaults ? [row.defaultValue === undefined ? '' : `\`${row.defaultValue}\``] : []),
      row.description,
    ]),
  )
}

function names(table: Readonly<Record<string, unknown>>): string {
  return (
    Object.keys(table)
      .map((name) => `[\`${name}\`](#${name.toLowerCase()})`)
      .join(', ') || 'none'
  )
}

/** A Markdown table. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Text within a cell: neither a bar nor a line break may end it, and outside of code no tag begins. */
function cell(text: string): string {
  const parts = text
    .replaceAll('|', '\\|')
    .replace(/\s*\n\s*/g, ' ')
    .split(/(`[^`]*`)/)
  return parts.map((part) => (part.startsWith('`') ? part : part.replaceAll('<', '&lt;'))).join('')
}
