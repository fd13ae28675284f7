import type { JsonSchema } from '@casare/core'

/** One line of a table of fields. */
export interface FieldRow {
  /** `timeouts.callMs`; a field of one variant of a union is `auth.token`. */
  readonly name: string
  /** In words, with its bounds: `integer, 1 to 20`. */
  readonly type: string
  readonly required: boolean
  /** As JSON; `undefined` where there is none. */
  readonly defaultValue: string | undefined
  readonly description: string
  readonly secret: boolean
}

type Node = JsonSchema & {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Node>>
  readonly required?: readonly string[]
  readonly enum?: readonly unknown[]
  readonly items?: Node
  readonly anyOf?: readonly Node[]
  readonly oneOf?: readonly Node[]
  readonly additionalProperties?: unknown
  readonly [keyword: string]: unknown
}

const deepest = 3

/**
 * The fields of a JSON Schema as lines of a table. Objects are followed by their fields, unions of objects by those of
 * each variant with the `const` that tells it apart, three levels down.
 */
export function schemaRows(schema: JsonSchema, prefix = '', depth = 1): FieldRow[] {
  const { properties = {}, required = [] } = schema as Node
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = `${prefix}${name}`
    const row: FieldRow = {
      name: path,
      type: typeInWords(field),
      required: required.includes(name),
      defaultValue: field['default'] === undefined ? undefined : JSON.stringify(field['default']),
      description: text(field['description']),
      secret: field['secret'] === true,
    }
    return depth >= deepest ? [row] : [row, ...below(field, path, depth)]
  })
}

function below(field: Node, path: string, depth: number): FieldRow[] {
  if (field.properties !== undefined) return schemaRows(field, `${path}.`, depth + 1)
  if (field.items?.properties !== undefined) return schemaRows(field.items, `${path}[].`, depth + 1)
  return variantsOf(field).flatMap((variant) => {
    const [key, value] = discriminator(variant)
    const rows = schemaRows(variant, `${path}.`, depth + 1).filter(({ name }) => name !== `${path}.${key}`)
    return rows.map((row) => ({
      ...row,
      ...(key === undefined ? {} : { description: `With ${key} ${value}. ${row.description}`.trimEnd() }),
      required: row.required && key !== undefined,
    }))
  })
}

function variantsOf(field: Node): readonly Node[] {
  const variants = field.oneOf ?? field.anyOf ?? []
  return variants.every((variant) => discriminator(variant)[0] !== undefined) ? variants : []
}

function discriminator({ properties = {} }: Node): [string | undefined, string] {
  const found = Object.entries(properties).find(([, { const: value }]) => value !== undefined)
  return found === undefined ? [undefined, ''] : [found[0], JSON.stringify(found[1]['const'])]
}

/** A schema's type in a few words. */
export function typeInWords(schema: JsonSchema): string {
  const field = schema as Node
  if (field['const'] !== undefined) return JSON.stringify(field['const'])
  if (field.enum !== undefined) return field.enum.map((value) => JSON.stringify(value)).join(' or ')
  const variants = field.oneOf ?? field.anyOf
  if (variants !== undefined) {
    const kinds = variants.map((variant) => {
      const [key, value] = discriminator(variant)
      return key === undefined ? typeInWords(variant) : `{ ${key}: ${value} }`
    })
    return [...new Set(kinds)].join(' or ')
  }
  if (field.type === 'array') return `list of ${field.items === undefined ? 'anything' : typeInWords(field.items)}`
  if (field.type === 'object') return objectInWords(field)
  const type = Array.isArray(field.type) ? field.type.join(' or ') : text(field.type)
  return [type === '' ? 'anything' : type, ...bounds(field)].join(', ')
}

function objectInWords({ properties, additionalProperties }: Node): string {
  if (properties !== undefined) return `{ ${Object.keys(properties).join(', ')} }`
  const values = additionalProperties
  return typeof values === 'object' && values !== null && Object.keys(values).length > 0
    ? `object of ${typeInWords(values as JsonSchema)}`
    : 'object'
}

function bounds(field: Node): string[] {
  const { minimum, maximum, minLength, maxLength, format } = field
  const safe = (limit: unknown): limit is number => typeof limit === 'number' && Math.abs(limit) < 2 ** 53 - 1
  const range =
    safe(minimum) && safe(maximum)
      ? [`${minimum} to ${maximum}`]
      : [...(safe(minimum) ? [`at least ${minimum}`] : []), ...(safe(maximum) ? [`at most ${maximum}`] : [])]
  const length = [
    ...(typeof minLength === 'number' && minLength > 1 ? [`at least ${minLength} characters`] : []),
    ...(typeof maxLength === 'number' ? [`at most ${maxLength} characters`] : []),
  ]
  return [...(typeof format === 'string' ? [format] : []), ...range, ...length]
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
