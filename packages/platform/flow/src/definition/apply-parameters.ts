import { isPlainObject, nearest } from '@casare/core'
import type { Flow } from './flow-definition.ts'
import { flowProblem } from './flow-problem.ts'

/**
 * Replaces `${name}` in every text of the connections, `read`, `listen` and `write`; `${flowFolder}` is the folder of the flow's file.
 * @throws `invalid_input` for a parameter nobody declared, or one without a value.
 */
export function applyParameters(flow: Flow, values: Readonly<Record<string, string>> = {}): Flow {
  const { definition, source } = flow
  const declared = definition.parameters ?? {}
  const unknown = Object.keys(values).find((name) => !Object.hasOwn(declared, name))
  if (unknown !== undefined)
    throw flowProblem(
      source,
      ['parameters'],
      `there is no parameter "${unknown}".${nearest(unknown, Object.keys(declared))}`,
    )
  const lookUp = (name: string, path: readonly (string | number)[]): string => {
    if (name === 'flowFolder') return source.folder
    if (!Object.hasOwn(declared, name))
      throw flowProblem(
        source,
        path,
        `\${${name}} is not declared under parameters.${nearest(name, Object.keys(declared))}`,
      )
    const value = Object.hasOwn(values, name) ? values[name] : declared[name]?.default
    if (value === undefined)
      throw flowProblem(source, path, `the parameter "${name}" has no value. Pass --set ${name}=VALUE.`)
    return value
  }
  const fill = (value: unknown, path: readonly (string | number)[]): unknown => {
    if (typeof value === 'string')
      return value.replace(/\$\{([A-Za-z][A-Za-z0-9_]*)\}/g, (_all, name: string) => lookUp(name, path))
    if (Array.isArray(value)) return value.map((item, index) => fill(item, [...path, index]))
    if (!isPlainObject(value) || Symbol.for('casare.connection') in value) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, [...path, key])]))
  }
  const filled = { ...definition }
  for (const key of ['connections', 'read', 'listen', 'write'] as const)
    if (definition[key] !== undefined) Object.assign(filled, { [key]: fill(definition[key], [key]) })
  return { source, definition: filled }
}
