import {
  ConnectorError,
  invalidInput,
  isConnection,
  isConnector,
  nearest,
  type AnyConnector,
  type Closable,
  type ConnectorErrorJson,
  type Escape,
} from '@casare/core'
import { describeNodes } from './describe-nodes.ts'
import type { NodeDescription } from './node-description.ts'

/** What an execution gets. */
export interface NodeContext {
  /** Values by the name of the input port: `{ input: { … } }`, `{ input, records }`. Plain JSON data. */
  readonly inputs?: Readonly<Record<string, unknown>> | undefined
  readonly signal?: AbortSignal | undefined
  /** Time for the whole call with its retries, in milliseconds, 1 to 2^31-1. Of an operation. */
  readonly timeoutMs?: number | undefined
  /** The same through all repetitions of one step, 1 to 255 characters. Of an operation, and with a number behind it of each record of a write. */
  readonly idempotencyKey?: string | undefined
}

/** What became of an execution, as plain JSON data: `output` is what the port `output` describes. Secrets in it are opaque handles. */
export type NodeResult =
  | { readonly success: true; readonly output: unknown; readonly attempts?: number | undefined }
  | { readonly success: false; readonly error: ConnectorErrorJson; readonly attempts?: number | undefined }

/** A node that can be executed. */
export interface WorkflowNode extends NodeDescription, AsyncDisposable {
  /** Runs it once. Never throws. */
  execute(context?: NodeContext): Promise<NodeResult>
  /** Closes the connection, where the node made it; one that was handed in stays open. Idempotent. */
  close(): Promise<void>
}

/** How a node gets its connection, where it is made from a connector. */
export interface NodeOptions {
  /** Settings of the connection, references to secrets resolved. It is made at the first execution; a mistake in them is that execution's error. */
  readonly configuration?: Readonly<Record<string, unknown>> | undefined
  /** Folders that `{ file }` inputs may come from. None by default: a workflow names no files of its host. */
  readonly fileRoots?: readonly string[] | undefined
}

type GenericConnection = Closable & { readonly $: Escape<unknown> }

/**
 * Makes a node of an operation (`query`) or of a facet of a stream (`rows.read`); the connector's name in front is fine.
 * @param target a connector, which gets a connection of its own from `options.configuration`; or a connection of the host's,
 * with the host's own word on where files may come from.
 * @throws `unsupported`, with the nearest names, for a node that is not there.
 */
export function createNode(target: unknown, name: string, options: NodeOptions = {}): WorkflowNode {
  const source = sourceOf(target, options)
  const nodes = describeNodes(source.description)
  const id = name.startsWith(`${source.description.name}.`) ? name : `${source.description.name}.${name}`
  const description = nodes.find((node) => node.id === id)
  if (description === undefined)
    throw new ConnectorError({
      code: 'unsupported',
      message: `There is no node "${id}".${nearest(
        id,
        nodes.map((node) => node.id),
      )}`,
    })
  const close = (): Promise<void> => source.close()
  return {
    ...description,
    execute: (context = {}) => execute(description, source, context),
    close,
    [Symbol.asyncDispose]: close,
  }
}

interface NodeSource {
  readonly description: ReturnType<AnyConnector['describe']>
  connection(): GenericConnection
  close(): Promise<void>
}

function sourceOf(target: unknown, { configuration, fileRoots = [] }: NodeOptions): NodeSource {
  if (isConnection(target)) {
    if (configuration !== undefined || fileRoots.length > 0)
      throw invalidInput('A connection brings its own settings: configuration and fileRoots are for connectors.')
    const connection = target as GenericConnection
    return { description: connection.$.describe(), connection: () => connection, close: async () => undefined }
  }
  if (!isConnector(target)) throw invalidInput('A node is made of a connector or of a connection.')
  let own: GenericConnection | undefined
  let closed = false
  return {
    description: target.describe(),
    connection() {
      if (closed) throw new ConnectorError({ code: 'cancelled', applied: 'no', message: 'The node is closed.' })
      // Whatever the configuration says of files is a workflow's word, not the host's.
      own ??= target({ ...configuration, files: { roots: fileRoots } }) as unknown as GenericConnection
      return own
    },
    async close() {
      closed = true
      await own?.close()
    },
  }
}

async function execute(node: NodeDescription, source: NodeSource, context: NodeContext): Promise<NodeResult> {
  try {
    const { inputs = {} } = context
    refuseUnknown(node, inputs)
    return await perform(node, source.connection().$, inputs, context)
  } catch (error) {
    const known = ConnectorError.is(error)
      ? error
      : new ConnectorError({ code: 'internal', message: `${node.id} failed: ${String(error)}`, cause: error })
    return {
      success: false,
      error: { connector: node.connector, operation: operationOf(node), ...known.toJSON() },
      attempts: known.attempts,
    }
  }
}

async function perform(
  node: NodeDescription,
  $: Escape<unknown>,
  inputs: Readonly<Record<string, unknown>>,
  { signal, timeoutMs, idempotencyKey }: NodeContext,
): Promise<NodeResult> {
  const [name = ''] = operationOf(node).split('.')
  const { input = {} } = inputs
  switch (node.kind) {
    case 'operation':
      return $.execute(name, input, { signal, timeoutMs, idempotencyKey })
    case 'read': {
      const { cursor, maxRecords } = inputs
      const page = await $.read(name, input, { cursor, maxRecords: wholeRecords(maxRecords), signal })
      return { success: true, output: page }
    }
    case 'write': {
      const records = inputs['records']
      if (!Array.isArray(records)) throw invalidInput(`${node.id}: the input "records" must be a list.`)
      const key =
        idempotencyKey === undefined ? undefined : (_record: unknown, index: number) => `${idempotencyKey}-${index}`
      const { succeeded, failed } = await $.write(name, records, input, { signal, key })
      return {
        success: true,
        output: { succeeded, failed: failed.map(({ index, error }) => ({ index, error: error.toJSON() })) },
      }
    }
    case 'trigger':
      throw new ConnectorError({
        code: 'unsupported',
        applied: 'no',
        message: `${node.id} starts workflows and is not executed: listen to the stream with $.listen("${name}", …).`,
      })
  }
}

function refuseUnknown({ id, inputs: ports }: NodeDescription, inputs: Readonly<Record<string, unknown>>): void {
  const names = ports.map(({ name }) => name)
  const unknown = Object.keys(inputs).find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw invalidInput(
      `${id} has no input "${unknown}".${nearest(unknown, names) || ` There is: ${names.join(', ')}.`}`,
    )
}

function wholeRecords(value: unknown): number | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1)
    throw invalidInput('The input "maxRecords" must be a whole number from 1.')
  return value
}

/** `rows.read` of `sqlite.rows.read`. */
function operationOf({ id, connector }: NodeDescription): string {
  return id.slice(connector.length + 1)
}
