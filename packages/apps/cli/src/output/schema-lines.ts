import { isPlainObject, type JsonSchema } from '@casare/core'
import { printable } from './printable.ts'

const maxDepth = 4

/** The fields of a JSON Schema as lines: name, type, whether it must be there, default, what it is for. */
export function schemaLines(schema: JsonSchema, indent = '  '): string[] {
  return fieldLines(schema, indent, 0)
}

function fieldLines(schema: JsonSchema, indent: string, depth: number): string[] {
  const { properties, required = [] } = schema
  if (isPlainObject(properties))
    return Object.entries(properties).flatMap(([name, field]) => {
      const described = isPlainObject(field) ? field : {}
      const optional = (required as string[]).includes(name) ? '' : '?'
      return [
        line(`${indent}${name}${optional}: ${typeText(described)}`, described),
        ...nestedLines(described, `${indent}  `, depth),
      ]
    })
  const branches = branchesOf(schema)
  if (branches.length === 0) return [line(`${indent}${typeText(schema)}`, schema)]
  return branches.flatMap((branch, index) => [
    `${indent}${index === 0 ? 'one of' : 'or'}`,
    ...fieldLines(branch, `${indent}  `, depth + 1),
  ])
}

function nestedLines(field: JsonSchema, indent: string, depth: number): string[] {
  if (depth >= maxDepth) return []
  if (isPlainObject(field['properties'])) return fieldLines(field, indent, depth + 1)
  const objects = branchesOf(field).filter((branch) => isPlainObject(branch['properties']))
  if (objects.length > 0) return fieldLines({ anyOf: objects }, indent, depth + 1)
  return isPlainObject(field['items']) && isPlainObject(field['items']['properties'])
    ? fieldLines(field['items'], indent, depth + 1)
    : []
}

function branchesOf(schema: JsonSchema): JsonSchema[] {
  const { anyOf, oneOf } = schema
  const list: unknown = anyOf ?? oneOf
  return Array.isArray(list) ? list.filter(isPlainObject) : []
}

function typeText(schema: JsonSchema): string {
  const { type, enum: choices, const: fixed, items, secret } = schema
  if (secret === true) return 'secret'
  if (fixed !== undefined) return JSON.stringify(fixed)
  if (Array.isArray(choices)) return choices.map((choice) => JSON.stringify(choice)).join(' | ')
  if (type === 'array') return isPlainObject(items) ? `list of ${typeText(items)}` : 'list'
  if (Array.isArray(type)) return type.join(' | ')
  if (typeof type === 'string') return type
  const branches = branchesOf(schema)
  return branches.length === 0 ? 'anything' : [...new Set(branches.map(typeText))].join(' | ')
}

function line(start: string, { description, default: fallback }: JsonSchema): string {
  const parts = [
    ...(fallback === undefined ? [] : [`Default ${JSON.stringify(fallback)}.`]),
    ...(typeof description === 'string' ? [description] : []),
  ]
  return printable(parts.length === 0 ? start : `${start}  ${parts.join(' ')}`)
}
