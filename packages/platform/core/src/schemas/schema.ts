import type { InputOf, OutputOf, Schema, SchemaProperties } from './standard-schema.ts'

/**
 * Narrows a library's schema to the standard's type, so that it brings no library into a package's declarations. Given as a
 * function, `schema(() => z.strictObject({ … }))`, it is built when it is first needed.
 */
export function schema<S extends Schema<unknown, unknown>>(value: S | (() => S)): Schema<InputOf<S>, OutputOf<S>> {
  return (typeof value === 'function' ? builtAtFirstUse(value) : value) as unknown as Schema<InputOf<S>, OutputOf<S>>
}

function builtAtFirstUse(build: () => Schema<unknown, unknown>): Schema<unknown, unknown> {
  let built: SchemaProperties<unknown, unknown> | undefined
  return {
    get '~standard'() {
      return (built ??= build()['~standard'])
    },
  }
}
