/** A condition on entries, from values: they are sent as they are and never read as text of a filter. */
export type FilterInput =
  | { readonly and: readonly FilterInput[] }
  | { readonly or: readonly FilterInput[] }
  | { readonly not: FilterInput }
  | { readonly present: string }
  | { readonly equals: readonly [string, string] }
  | { readonly approximately: readonly [string, string] }
  | { readonly startsWith: readonly [string, string] }
  | { readonly contains: readonly [string, string] }
  | { readonly endsWith: readonly [string, string] }
  | { readonly greaterOrEqual: readonly [string, string] }
  | { readonly lessOrEqual: readonly [string, string] }
  | { readonly matches: { readonly attribute: string; readonly rule: string; readonly value: string } }

/** The deepest nesting and the most conditions of a filter. */
export const filterLimits = { depth: 20, conditions: 1_000 }
