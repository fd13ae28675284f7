import { UsageError } from '../usage-error.ts'

/** `FLOW 3 7`, `3 7`: a file at most, and ids of dead letters. */
export interface FlowAndIds {
  readonly file: string | undefined
  readonly ids: readonly number[]
}

/** @throws {UsageError} for a second file, or an id that is no whole number. */
export function flowAndIds(positionals: readonly string[]): FlowAndIds {
  const [first] = positionals
  const isId = (text: string): boolean => /^\d{1,15}$/.test(text)
  const file = first === undefined || isId(first) ? undefined : first
  const rest = file === undefined ? positionals : positionals.slice(1)
  const wrong = rest.find((text) => !isId(text))
  if (wrong !== undefined)
    throw new UsageError(`"${wrong}" is not the id of a dead letter: ids are whole numbers. One flow at a time.`)
  return { file, ids: rest.map(Number) }
}
