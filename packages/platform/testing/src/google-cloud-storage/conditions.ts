import { ApiError, conditionNotMet, invalid } from './api-error.ts'
import type { Generation } from './store.ts'

/** What must hold, by the names of the JSON API (https://cloud.google.com/storage/docs/request-preconditions). */
export interface Conditions {
  readonly generationMatch?: string | undefined
  readonly generationNotMatch?: string | undefined
  readonly metagenerationMatch?: string | undefined
  readonly metagenerationNotMatch?: string | undefined
}

const names = ['generationMatch', 'generationNotMatch', 'metagenerationMatch', 'metagenerationNotMatch'] as const

/** @param prefix `if` for the object itself, `ifSource` for what it is copied from */
export function conditionsOf(query: URLSearchParams, prefix: 'if' | 'ifSource' = 'if'): Conditions {
  const found: Record<string, string> = {}
  for (const name of names) {
    const value = query.get(prefix + name.slice(0, 1).toUpperCase() + name.slice(1))
    if (value === null) continue
    if (!/^\d{1,19}$/.test(value)) throw invalid(`Invalid value for ${prefix}${name}: ${value}`)
    found[name] = value
  }
  return found
}

/** The same for the XML API: `x-goog-if-generation-match` and `x-goog-if-metageneration-match`. */
export function conditionsInHeaders(header: (name: string) => string | undefined): Conditions {
  return {
    generationMatch: header('x-goog-if-generation-match'),
    metagenerationMatch: header('x-goog-if-metageneration-match'),
  }
}

/** @throws ApiError 412, or 304 where only a reader's "not match" does not hold */
export function checkConditions(found: Generation | undefined, conditions: Conditions, reading = false): void {
  const { generationMatch, generationNotMatch, metagenerationMatch, metagenerationNotMatch } = conditions
  const generation = found?.generation ?? '0'
  const metageneration = found === undefined ? undefined : String(found.metageneration)
  if (generationMatch !== undefined && generationMatch !== generation) throw conditionNotMet()
  if (metagenerationMatch !== undefined && metagenerationMatch !== metageneration) throw conditionNotMet()
  const same =
    (generationNotMatch !== undefined && generationNotMatch === generation) ||
    (metagenerationNotMatch !== undefined && metagenerationNotMatch === metageneration)
  if (same) throw reading ? new ApiError(304, 'notModified', 'Not Modified') : conditionNotMet()
}
