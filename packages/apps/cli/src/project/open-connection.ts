import { basicSecretProviders, ConnectorError, isPlainObject, nearest, resolveReferences } from '@casare/core'
import type { Connection, JsonSchema, RequestLogLine, Redactor } from '@casare/core'
import { resolveConnector } from '@casare/flow'
import type { Host } from '../host.ts'
import { UsageError } from '../usage-error.ts'
import { placed, type Project } from './project.ts'
import { registeringProviders } from './registering-providers.ts'

/** A connection of which only the generic side is known. */
export type AnyConnection = Connection<unknown, object, object, object, object>

/** Which connection, and how. */
export interface ConnectionRequest {
  /** Name in the project's `connections`; `undefined` for `config`. */
  readonly name: string | undefined
  /** The connector; of a named connection, what it must be. `undefined` takes whatever the connection has. */
  readonly connector: string | undefined
  /** Settings given on the command line. */
  readonly config: unknown
  readonly project: Project | undefined
  /** Values of parameters, beside those that the file has. */
  readonly parameters: Readonly<Record<string, string>>
  /** Folder that the connector is looked for from, where there is no project. */
  readonly folder: string
  readonly env: Host['env']
  /** Folders that `{ file }` bodies may come from. */
  readonly fileRoots: readonly string[]
  readonly redactor: Redactor
  readonly log: ((line: RequestLogLine) => void) | undefined
}

/**
 * Makes a connection; it dials at its first call. Secrets must be references, wherever the settings come from.
 * @throws {UsageError} with file, line and field, or the option.
 */
export async function openConnection(request: ConnectionRequest): Promise<AnyConnection> {
  const { name, project, fileRoots, redactor, log } = request
  const declared = name === undefined ? undefined : declaredConnection(name, project)
  const path = name === undefined ? [] : ['connections', name]
  const refuse = (further: readonly (string | number)[], message: string, cause: unknown): UsageError =>
    new UsageError(
      declared === undefined || project === undefined
        ? `--config${further.map((step) => `.${step}`).join('')}: ${message}`
        : placed(project, [...path, ...further], message),
      cause,
    )
  const wanted = declared?.connector ?? request.connector ?? ''
  const connector = await loadConnector(wanted, project?.folder ?? request.folder, (message, cause) =>
    declared === undefined ? new UsageError(message, cause) : refuse(['connector'], message, cause),
  )
  if (name !== undefined && request.connector !== undefined && connector.connectorName !== shortName(request.connector))
    throw new UsageError(
      `The connection "${name}" is one of ${connector.connectorName}, not of ${request.connector}. Call ${connector.connectorName}.… through it.`,
    )
  const given: unknown =
    declared === undefined ? (request.config ?? {}) : withParameters(declared.config, request, [...path, 'config'])
  const providers = registeringProviders(
    basicSecretProviders({ folders: project?.secretFolders, base: project?.folder ?? request.folder }),
    redactor,
    request,
  )
  const { config, problems } = await resolveReferences(given, connector.describe().config, providers)
  const [problem] = problems
  const within = declared === undefined ? [] : ['config']
  if (problem !== undefined) throw refuse([...within, ...problem.path], problem.error.message, problem.error)
  try {
    const files = fileRoots.length === 0 ? {} : { files: { roots: fileRoots } }
    const connection: unknown = connector({ ...(log && { log }), ...(config as object), ...files })
    return connection as AnyConnection
  } catch (error) {
    throw ConnectorError.is(error) ? refuse(within, error.message, error) : error
  }
}

/** A field of an input that its schema marks as secret takes a reference, as in every file. */
export async function resolveInput(
  input: unknown,
  schema: JsonSchema,
  { project, folder, env, redactor }: Pick<ConnectionRequest, 'project' | 'folder' | 'env' | 'redactor'>,
): Promise<unknown> {
  if (!JSON.stringify(schema).includes('"secret":true')) return input
  const providers = basicSecretProviders({ folders: project?.secretFolders, base: project?.folder ?? folder })
  const { config, problems } = await resolveReferences(
    input,
    schema,
    registeringProviders(providers, redactor, { folder, env }),
  )
  const [problem] = problems
  if (problem === undefined) return config
  throw new UsageError(`input${problem.path.map((step) => `.${step}`).join('')}: ${problem.error.message}`)
}

function shortName(name: string): string {
  return name.replace(/^@casare\/|^casare-connector-/, '')
}

function declaredConnection(
  name: string,
  project: Project | undefined,
): { readonly connector: string; readonly config: unknown } {
  if (project === undefined)
    throw new UsageError(
      `There is no casare.yaml here to look up the connection "${name}" in. Name the file with --file PATH, or give the settings with --config JSON.`,
    )
  const { connections, file } = project
  if (!Object.hasOwn(connections, name)) {
    const names = Object.keys(connections)
    const known = names.length === 0 ? ' It declares none.' : ` There is: ${names.join(', ')}.`
    throw new UsageError(`${file}: there is no connection "${name}".${nearest(name, names) || known}`)
  }
  const { connector, config = {} } = connections[name] as { connector: string; config?: unknown }
  return { connector, config }
}

async function loadConnector(name: string, folder: string, refuse: (message: string, cause: unknown) => UsageError) {
  try {
    return await (await resolveConnector(name, folder)).load()
  } catch (error) {
    throw ConnectorError.is(error) ? refuse(error.message, error) : error
  }
}

/** The texts of a config with `${name}` replaced. */
function withParameters(
  config: unknown,
  { project, parameters }: ConnectionRequest,
  path: readonly (string | number)[],
): unknown {
  if (project === undefined) return config
  const known = { ...project.parameters, ...parameters }
  const fill = (value: unknown, at: readonly (string | number)[]): unknown => {
    if (typeof value === 'string')
      return value.replaceAll(/\$\{([A-Za-z][A-Za-z0-9_]*)\}/g, (_all, name: string) => {
        const replacement = Object.hasOwn(known, name) ? known[name] : undefined
        if (replacement !== undefined) return replacement
        const what = Object.hasOwn(known, name)
          ? `the parameter "${name}" has no value. Pass --set ${name}=VALUE.`
          : `\${${name}} is not declared.${nearest(name, Object.keys(known)) || ` Pass --set ${name}=VALUE.`}`
        throw new UsageError(placed(project, at, what))
      })
    if (Array.isArray(value)) return value.map((item, index) => fill(item, [...at, index]))
    if (!isPlainObject(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, [...at, key])]))
  }
  return fill(config, path)
}
