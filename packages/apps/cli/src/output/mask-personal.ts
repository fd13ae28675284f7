import { isPlainObject, type JsonSchema } from '@casare/core'

const mask = '[personal]'

/** A copy of a record for a view: what its schema marks as personal (`pii`) or `secret` is not shown. */
export function maskPersonal(value: unknown, schema: JsonSchema | undefined): unknown {
  return schema === undefined ? value : visit(value, [schema])
}

function visit(value: unknown, schemas: readonly JsonSchema[]): unknown {
  const all = schemas.flatMap(alternatives)
  if (all.some(({ secret }) => secret === true)) return '[secret]'
  if (all.some(({ pii }) => pii === true)) return mask
  if (Array.isArray(value)) {
    const items = all.flatMap(({ items: item }) => (isPlainObject(item) ? [item] : []))
    return items.length === 0 ? value : value.map((one) => visit(one, items))
  }
  if (!isPlainObject(value) || all.length === 0) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, visit(one, fieldSchemas(all, key))]))
}

function alternatives(schema: JsonSchema): JsonSchema[] {
  const further = ['anyOf', 'oneOf', 'allOf'].flatMap((key) => {
    const list = schema[key]
    return Array.isArray(list) ? list.filter(isPlainObject) : []
  })
  return [schema, ...further.flatMap(alternatives)]
}

function fieldSchemas(schemas: readonly JsonSchema[], key: string): JsonSchema[] {
  return schemas.flatMap(({ properties, additionalProperties }) => {
    const found = isPlainObject(properties) && Object.hasOwn(properties, key) ? properties[key] : additionalProperties
    return isPlainObject(found) ? [found] : []
  })
}
