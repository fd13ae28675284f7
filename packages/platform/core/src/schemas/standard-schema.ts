/**
 * The two published standards the contract is typed on, so that zod, valibot, arktype and others all fit:
 * Standard Schema (https://standardschema.dev) and Standard JSON Schema (https://standardschema.dev/json-schema).
 */
export interface Schema<In = unknown, Out = In> {
  readonly '~standard': SchemaProperties<In, Out>
}

/** What a schema of either standard carries under `~standard`. */
export interface SchemaProperties<In, Out> {
  readonly version: 1
  readonly vendor: string
  readonly types?: { readonly input: In; readonly output: Out } | undefined
  readonly validate: (value: unknown) => SchemaResult<Out> | Promise<SchemaResult<Out>>
  readonly jsonSchema: {
    readonly input: (options: JsonSchemaOptions) => Record<string, unknown>
    readonly output: (options: JsonSchemaOptions) => Record<string, unknown>
  }
}

/** Which JSON Schema is wanted. */
export interface JsonSchemaOptions {
  readonly target: 'draft-2020-12' | 'draft-07' | 'openapi-3.0' | (string & {})
  readonly libraryOptions?: Record<string, unknown> | undefined
}

/** The value as parsed, or what is wrong with it. */
export type SchemaResult<Out> =
  { readonly value: Out; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] }

/** One thing that is wrong with a value, and where. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What a caller passes to a schema. */
export type InputOf<S> = S extends {
  readonly '~standard': { readonly types?: { readonly input: infer In } | undefined }
}
  ? In
  : never

/** What a schema makes of it. */
export type OutputOf<S> = S extends {
  readonly '~standard': { readonly types?: { readonly output: infer Out } | undefined }
}
  ? Out
  : never

/** A JSON Schema (draft 2020-12) as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>
