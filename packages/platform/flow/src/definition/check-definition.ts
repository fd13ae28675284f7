import { nearest, type ConnectorError } from '@casare/core'
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import type { FlowDefinition, FlowSource } from './flow-definition.ts'
import { flowProblem } from './flow-problem.ts'
import { flowSchema } from './flow-schema.ts'

const knownKeys = Object.keys(flowSchema['properties'] as object)

/**
 * Checks a flow's shape; functions in place of expressions are fine in code.
 * @throws the first problem, with file, line and field.
 */
export function checkDefinition(value: unknown, source: FlowSource): FlowDefinition {
  const ajv = new Ajv2020({ allErrors: true, strict: false, verbose: true, validateSchema: false })
  const check = ajv.compile(flowSchema)
  if (!check(withoutValues(value))) throw firstProblem(check.errors ?? [], source)
  const { read, listen } = value as FlowDefinition
  if (read === undefined && listen === undefined)
    throw flowProblem(source, [], '"read" is missing (or "listen", for a source whose events arrive by themselves).')
  if (read !== undefined && listen !== undefined)
    throw flowProblem(source, ['listen'], 'a flow has one source: take out "listen" or "read".')
  return value as FlowDefinition
}

/** Code may hold functions and connectors where a file holds text: stand-ins take their place for the check. */
function withoutValues(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const copy: Record<string, unknown> = { ...value }
  for (const step of ['map', 'filter']) if (typeof copy[step] === 'function') copy[step] = 'a function'
  const { connections } = copy
  if (typeof connections === 'object' && connections !== null)
    copy['connections'] = Object.fromEntries(
      Object.entries(connections).map(([name, one]) => [name, connectionStandIn(one)]),
    )
  return copy
}

function connectionStandIn(connection: unknown): unknown {
  if (typeof connection !== 'object' || connection === null) return connection
  if (Symbol.for('casare.connection') in connection) return { connector: 'a connection' }
  return typeof (connection as { connector?: unknown }).connector === 'function'
    ? { ...connection, connector: 'a connector' }
    : connection
}

function firstProblem(errors: readonly ErrorObject[], source: FlowSource): ConnectorError {
  // The deepest error says most; of an anyOf its branches do.
  const [error] = [...errors]
    .filter(({ keyword }) => keyword !== 'anyOf' && keyword !== 'if')
    .sort((a, b) => rank(a) - rank(b))
  if (error === undefined) return flowProblem(source, [], 'the flow is not valid.')
  const path = error.instancePath.split('/').slice(1).map(unescapePointer)
  return flowProblem(source, problemPath(error, path), `${explain(error, path)}`)
}

function rank({ keyword }: ErrorObject): number {
  return keyword === 'additionalProperties' ? 0 : keyword === 'required' ? 1 : 2
}

function problemPath(error: ErrorObject, path: string[]): (string | number)[] {
  const extra = (error.params as { additionalProperty?: string }).additionalProperty
  return extra === undefined ? path : [...path, extra]
}

function explain(error: ErrorObject, path: readonly string[]): string {
  const { keyword, params, message = 'is not valid' } = error
  switch (keyword) {
    case 'additionalProperties': {
      const known =
        path.length === 0
          ? knownKeys
          : Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {})
      return `unknown key.${nearest((params as { additionalProperty: string }).additionalProperty, known) || ` Known here: ${known.join(', ')}.`}`
    }
    case 'required':
      return `"${(params as { missingProperty: string }).missingProperty}" is missing.`
    case 'enum':
      return `must be one of ${(params as { allowedValues: unknown[] }).allowedValues.map((value) => JSON.stringify(value)).join(', ')}.`
    case 'pattern':
      return `${JSON.stringify(error.data)} does not have the form ${path.at(-1) === 'from' || path.at(-1) === 'to' ? 'CONNECTION.STREAM' : (params as { pattern: string }).pattern}.`
    default:
      return `${message}.`
  }
}

function unescapePointer(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}
