import type { JsonSchema, Schema } from './standard-schema.ts'

/** The JSON Schema (draft 2020-12) of what a schema accepts or gives, without the `$schema` line and the library's own marks. */
export function toJsonSchema(schema: Schema, side: 'input' | 'output'): JsonSchema {
  const {
    $schema: _dialect,
    '~standard': _standard,
    ...rest
  } = schema['~standard'].jsonSchema[side]({ target: 'draft-2020-12' })
  return rest
}
