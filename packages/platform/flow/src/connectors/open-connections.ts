import {
  ConnectorError,
  isConnection,
  isConnector,
  nearest,
  resolveReferences,
  specOf,
  type AnyConnector,
  type RequestLogLine,
  type SecretProvider,
  type SecretProviders,
} from '@casare/core'
import type { Flow } from '../definition/flow-definition.ts'
import { flowProblem } from '../definition/flow-problem.ts'
import { connectionSecrets } from './connection-secrets.ts'
import { resolveConnector } from './resolve-connector.ts'

/** A connection of a running flow. */
export interface FlowEnd {
  readonly connection: Record<string, unknown>
  readonly spec: AnyConnector['spec']
}

/** The connections of a flow, by name. */
export interface OpenedConnections {
  /** The stream named `CONNECTION.STREAM`. */
  end(reference: string, path: readonly string[]): FlowEnd & { readonly stream: string }
  /** Closes those that were made here; connections of the caller stay open. */
  close(): Promise<void>
}

/**
 * Makes the connections of a flow; none is dialled yet. Secrets of a file must be references.
 * @throws `invalid_input` or `not_found`, with file, line and field.
 */
export async function openConnections(
  flow: Flow,
  providers: SecretProviders,
  log: ((line: RequestLogLine) => void) | undefined,
): Promise<OpenedConnections> {
  const opened = new Map<string, FlowEnd>()
  const own: { close(): Promise<void> }[] = []
  const waiting: { name: string; connector: AnyConnector; config: object }[] = []
  for (const [name, declared] of Object.entries(flow.definition.connections)) {
    if (isConnection(declared)) {
      opened.set(name, { connection: declared as Record<string, unknown>, spec: specOf(declared) })
      continue
    }
    const { connector: wanted, config = {} } = declared as { connector: string | AnyConnector; config?: object }
    waiting.push({ name, connector: await connectorOf(flow, wanted, ['connections', name]), config })
  }
  const known: Record<string, SecretProvider> = { ...providers }
  // Those that give secrets come first: `secret://NAME/…` in the others means them.
  const givesSecrets = ({ connector }: { connector: AnyConnector }): boolean =>
    connector.spec.secretProvider !== undefined
  try {
    for (const one of [...waiting.filter(givesSecrets), ...waiting.filter((other) => !givesSecrets(other))]) {
      const { name, connector, config } = one
      const connection = await connect(flow, connector, config, known, log, ['connections', name])
      own.push(connection as never)
      opened.set(name, { connection, spec: connector.spec })
      if (givesSecrets(one)) known[name] ??= connectionSecrets(connection, connector.spec)
    }
  } catch (error) {
    await Promise.all(own.map((one) => one.close()))
    throw error
  }
  return {
    end(reference, path) {
      const [name = '', stream = ''] = reference.split('.')
      const found = opened.get(name)
      if (found === undefined)
        throw flowProblem(flow.source, path, `there is no connection "${name}".${nearest(name, [...opened.keys()])}`)
      const streams = Object.keys(found.spec.streams ?? {})
      if (!streams.includes(stream))
        throw flowProblem(
          flow.source,
          path,
          `${found.spec.name} has no stream "${stream}".${nearest(stream, streams) || ` There is: ${streams.join(', ')}.`}`,
        )
      return { ...found, stream }
    },
    async close() {
      await Promise.all(own.map((one) => one.close()))
    },
  }
}

async function connectorOf(flow: Flow, wanted: string | AnyConnector, path: readonly string[]): Promise<AnyConnector> {
  if (isConnector(wanted)) return wanted
  try {
    return await (await resolveConnector(wanted, flow.source.folder)).load()
  } catch (error) {
    throw ConnectorError.is(error) ? flowProblem(flow.source, [...path, 'connector'], error.message, error) : error
  }
}

async function connect(
  flow: Flow,
  connector: AnyConnector,
  config: object,
  providers: SecretProviders,
  log: ((line: RequestLogLine) => void) | undefined,
  path: readonly string[],
): Promise<Record<string, unknown>> {
  const inCode = flow.source.file === undefined
  const { config: resolved, problems } = inCode
    ? { config, problems: [] }
    : await resolveReferences(config, connector.describe().config, providers)
  const [problem] = problems
  if (problem !== undefined)
    throw flowProblem(flow.source, [...path, 'config', ...problem.path], problem.error.message, problem.error)
  try {
    return connector({ ...(log === undefined ? {} : { log }), ...(resolved as object) }) as Record<string, unknown>
  } catch (error) {
    throw ConnectorError.is(error) ? flowProblem(flow.source, [...path, 'config'], error.message, error) : error
  }
}
