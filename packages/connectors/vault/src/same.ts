import { isDeepStrictEqual } from 'node:util'

type Json = Readonly<Record<string, unknown>>

/** The same fields with the same values. */
export function isSame(one: Json, other: Json): boolean {
  return isDeepStrictEqual({ ...one }, { ...other })
}

/** What a merge patch of single fields makes of a secret (RFC 7396); `null` takes a field away. */
export function patched(data: Json, patch: Readonly<Record<string, string | null>>): Json {
  const result = new Map(Object.entries(data))
  for (const [name, value] of Object.entries(patch))
    if (value === null) result.delete(name)
    else result.set(name, value)
  return Object.fromEntries(result)
}
