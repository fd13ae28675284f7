import type { JsonSchema } from '@casare/core'

/** A value that shows what a schema wants: its required fields only, strings as an ellipsis. */
export function sampleInput(schema: JsonSchema): unknown {
  const field = schema as {
    readonly [keyword: string]: unknown
    readonly properties?: Readonly<Record<string, JsonSchema>>
    readonly required?: readonly string[]
    readonly items?: JsonSchema
    readonly anyOf?: readonly JsonSchema[]
    readonly oneOf?: readonly JsonSchema[]
    readonly enum?: readonly unknown[]
  }
  if (field['const'] !== undefined) return field['const']
  if (field['default'] !== undefined) return field['default']
  if (field.enum !== undefined) return field.enum[0]
  const [variant] = field.oneOf ?? field.anyOf ?? []
  if (variant !== undefined) return sampleInput(variant)
  const { type, minimum } = field
  switch (Array.isArray(type) ? (type as unknown[])[0] : type) {
    case 'object':
      return Object.fromEntries(
        (field.required ?? []).map((name) => [name, sampleInput(field.properties?.[name] ?? {})]),
      )
    case 'array':
      return [sampleInput(field.items ?? {})]
    case 'integer':
    case 'number':
      return Math.max(1, typeof minimum === 'number' ? minimum : 1)
    case 'boolean':
      return true
    default:
      return '…'
  }
}
