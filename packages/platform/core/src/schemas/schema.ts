import type { InputOf, OutputOf, Schema } from './standard-schema.ts'

/**
 * Narrows a library's schema to the standard's type, so that an exported schema brings no library into the declarations of
 * a package: `export const config = schema(z.strictObject({ … }))`.
 */
export function schema<S extends Schema<unknown, unknown>>(value: S): Schema<InputOf<S>, OutputOf<S>> {
  return value as unknown as Schema<InputOf<S>, OutputOf<S>>
}
