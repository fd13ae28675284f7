import type { z } from 'zod'

/** Gives a schema that JSON Schema has no word for (bytes, secrets, streams) the JSON Schema of its JSON form. */
export function withJsonSchema<S extends z.ZodType>(schema: S, jsonSchema: Readonly<Record<string, unknown>>): S {
  schema._zod.toJSONSchema = () => ({ ...jsonSchema })
  return schema
}
