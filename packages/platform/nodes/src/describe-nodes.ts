import type {
  ConnectorDescription,
  Effect,
  ErrorCode,
  JsonSchema,
  ListenDescription,
  OperationDescription,
  ReadDescription,
  WriteDescription,
} from '@casare/core'
import { errorCodesOf } from './error-codes-of.ts'
import type { NodeDescription, NodeKind, Port } from './node-description.ts'
import { nodeDocs } from './node-docs.ts'

const failedRecord: JsonSchema = {
  type: 'object',
  required: ['index', 'error'],
  properties: {
    index: { type: 'integer', minimum: 0, description: 'Place of the record among those given, from 0.' },
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: { code: { type: 'string' }, message: { type: 'string' } },
    },
  },
}

/** A position in a stream: handed on as it came. */
const cursorSchema: JsonSchema = { type: ['object', 'null'] }

/**
 * Every operation and every facet of every stream as a node, from plain data: no code of the connector runs.
 * Sessions hold a callback and have no node; connectors offer a `batch` operation instead.
 */
export function describeNodes(connector: ConnectorDescription): NodeDescription[] {
  return [
    ...Object.entries(connector.operations).map(([name, operation]) => operationNode(connector, name, operation)),
    ...Object.entries(connector.streams).flatMap(([name, { read, listen, write }]) => [
      ...(read ? [readNode(connector, name, read)] : []),
      ...(write ? [writeNode(connector, name, write)] : []),
      ...(listen ? [triggerNode(connector, name, listen)] : []),
    ]),
  ]
}

function operationNode(connector: ConnectorDescription, name: string, operation: OperationDescription) {
  return node(connector, 'operation', [name], operation, {
    inputs: [inputPort(operation.input)],
    output: ['What the operation gives.', operation.output],
  })
}

function readNode(connector: ConnectorDescription, name: string, read: ReadDescription) {
  const position = 'Goes on behind the page that gave this cursor. Default: the beginning.'
  return node(
    connector,
    'read',
    [name, 'read'],
    { ...read, effect: 'read' as const, effectDepends: false },
    {
      inputs: [
        inputPort(read.input),
        port('cursor', position, cursorSchema, false),
        port('maxRecords', 'The most records of the page. Default 1,000.', { type: 'integer', minimum: 1 }, false),
      ],
      output: [
        'A page of records.',
        objectOf({
          records: { type: 'array', items: read.record, description: 'The records of the page.' },
          cursor: { ...cursorSchema, description: 'The position behind the page, for the next one.' },
          done: { type: 'boolean', description: 'Nothing follows.' },
        }),
      ],
    },
  )
}

function writeNode(connector: ConnectorDescription, name: string, write: WriteDescription) {
  return node(connector, 'write', [name, 'write'], write, {
    inputs: [inputPort(write.input), port('records', 'The records to write.', { type: 'array', items: write.record })],
    output: [
      'What became of the records.',
      objectOf({
        succeeded: { type: 'integer', minimum: 0, description: 'How many records were written.' },
        failed: { type: 'array', items: failedRecord, description: 'Those that were not, each with its reason.' },
      }),
    ],
  })
}

function triggerNode(connector: ConnectorDescription, name: string, listen: ListenDescription) {
  return node(
    connector,
    'trigger',
    [name, 'listen'],
    { ...listen, effect: 'read' as const, effectDepends: false },
    {
      inputs: [inputPort(listen.input)],
      output: ['The event that starts the workflow.', listen.event],
    },
  )
}

function node(
  connector: ConnectorDescription,
  kind: NodeKind,
  path: readonly string[],
  source: {
    readonly description: string
    readonly effect: Effect
    readonly effectDepends: boolean
    readonly errors: readonly ErrorCode[]
  },
  {
    inputs,
    output: [outputs, schema],
  }: { readonly inputs: readonly Port[]; readonly output: readonly [description: string, schema: JsonSchema] },
): NodeDescription {
  const { description, effect, effectDepends, errors } = source
  const plain = {
    id: [connector.name, ...path].join('.'),
    name: `${connector.title}: ${path.map(words).join(' ')}`,
    kind,
    connector: connector.name,
    category: connector.category,
    description,
    inputs,
    outputs: [port('output', outputs, schema)],
    configuration: connector.config,
    errorCodes: errorCodesOf(errors, effect),
    effect,
    effectDepends,
  }
  return { ...plain, docs: nodeDocs(plain) }
}

function inputPort(schema: JsonSchema): Port {
  const { required } = schema
  return port('input', 'What it works on.', schema, Array.isArray(required) && required.length > 0)
}

function objectOf(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: 'object', required: Object.keys(properties), properties }
}

function port(name: string, description: string, schema: JsonSchema, required = true): Port {
  return { name, description, schema, required }
}

/** `describeTable` as people write it: `describe table`. */
function words(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
