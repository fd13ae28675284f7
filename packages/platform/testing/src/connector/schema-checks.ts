import type { JsonSchema } from '@casare/core'
import { ensure, type Check } from '../checks/check.ts'
import type { SuiteContext } from './suite-context.ts'

/** Schemas are valid JSON Schema, describe something everywhere, and round-trip as JSON. */
export function schemaChecks({ connector }: SuiteContext): Check[] {
  const schemas = schemasOf(connector.describe())
  return [
    {
      promise: 'schemas',
      name: 'valid JSON Schema (2020-12), by ajv',
      async run() {
        const { Ajv2020 } = await import('ajv/dist/2020.js')
        const ajv = new Ajv2020({ strict: false, validateFormats: false })
        for (const { where, schema } of schemas) {
          ensure(ajv.validateSchema(schema) === true, `${where}: ${ajv.errorsText()}`)
          ajv.compile(schema)
        }
        return schemas.length
      },
    },
    {
      promise: 'schemas',
      name: 'no empty sub-schemas, and a description for every operation and stream',
      async run() {
        let count = 0
        for (const { where, schema } of schemas) count += refuseEmpty(where, schema)
        const { operations, streams } = connector.describe()
        for (const [name, { description }] of [...Object.entries(operations), ...Object.entries(streams)])
          ensure(/^[A-Z].*\.$/s.test(description), `${name}: its description is no sentence: ${description}`)
        return count
      },
    },
    {
      promise: 'schemas',
      name: 'inputs are strict',
      async run() {
        const inputs = schemas.filter(({ where }) => where.endsWith('input'))
        for (const { where, schema } of inputs)
          if (schema['type'] === 'object' && schema['properties'] !== undefined)
            ensure(schema['additionalProperties'] === false, `${where} takes fields that it does not know`)
        return inputs.length
      },
    },
    {
      promise: 'schemas',
      name: 'describe() is plain data, the same each time',
      async run() {
        const description = connector.describe()
        const text = JSON.stringify(description)
        ensure(text === JSON.stringify(connector.describe()), 'describe() differs from call to call')
        ensure(JSON.stringify(JSON.parse(text)) === text, 'describe() does not survive JSON')
        return 1
      },
    },
  ]
}

interface NamedSchema {
  readonly where: string
  readonly schema: JsonSchema
}

function schemasOf(description: ReturnType<SuiteContext['connector']['describe']>): NamedSchema[] {
  const found: NamedSchema[] = [{ where: 'config', schema: description.config }]
  const take = (where: string, part: object | undefined, names: readonly string[]): void => {
    for (const name of names) {
      const schema = (part as Record<string, JsonSchema> | undefined)?.[name]
      if (schema !== undefined) found.push({ where: `${where} ${name}`, schema })
    }
  }
  for (const [name, operation] of Object.entries(description.operations)) take(name, operation, ['input', 'output'])
  for (const [name, { read, listen, write }] of Object.entries(description.streams)) {
    take(`${name}.read`, read, ['input', 'record', 'cursor'])
    take(`${name}.listen`, listen, ['input', 'event'])
    take(`${name}.write`, write, ['input', 'record'])
  }
  for (const [name, session] of Object.entries(description.sessions)) take(name, session, ['input'])
  return found
}

/** Words that only comment on a schema. */
const comments = new Set(['description', 'title', '$comment', 'examples', 'default', '$schema'])

/** @returns how many sub-schemas there are. A property may be anything only where its description says so. */
function refuseEmpty(where: string, schema: unknown, free = false): number {
  if (typeof schema !== 'object' || schema === null) return 1
  const parts = schema as Record<string, unknown>
  const words = Object.keys(parts).filter((key) => !comments.has(key))
  const explained = typeof parts['description'] === 'string'
  ensure(words.length > 0 || explained || free, `${where}: an empty schema, which says nothing`)
  let count = 1
  for (const key of ['properties', '$defs', 'patternProperties'])
    for (const [name, part] of Object.entries(parts[key] ?? {})) count += refuseEmpty(`${where}.${name}`, part)
  for (const key of ['anyOf', 'oneOf', 'allOf', 'prefixItems'])
    for (const [index, part] of ((parts[key] ?? []) as unknown[]).entries())
      count += refuseEmpty(`${where}.${key}[${index}]`, part)
  // A list or record of anything is described by the list.
  if (parts['items'] !== undefined) count += refuseEmpty(`${where}.items`, parts['items'], true)
  if (typeof parts['additionalProperties'] === 'object')
    count += refuseEmpty(`${where}.*`, parts['additionalProperties'], true)
  return count
}
