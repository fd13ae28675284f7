import type { z } from 'zod'

/** Marks a field that views and logs mask. */
export function pii<S extends z.ZodType>(schema: S): S {
  return schema.meta({ pii: true })
}
