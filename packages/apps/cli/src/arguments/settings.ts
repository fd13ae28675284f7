import { UsageError } from '../usage-error.ts'

/** `--set name=value`, as a table. @throws {UsageError} for a text without `=` or a name given twice. */
export function settings(texts: readonly string[] = []): Record<string, string> {
  const values = new Map<string, string>()
  for (const text of texts) {
    const [, name, value] = /^([A-Za-z][A-Za-z0-9_]*)=(.*)$/s.exec(text) ?? []
    if (name === undefined || value === undefined)
      throw new UsageError(`--set needs NAME=VALUE, and a name of letters, digits and underscores.`)
    if (values.has(name)) throw new UsageError(`--set ${name}=… is given twice.`)
    values.set(name, value)
  }
  return Object.fromEntries(values)
}

/** A whole number of an option. @throws {UsageError} where it is none, or outside of its range. */
export function wholeNumber(name: string, text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN
  if (!(value >= min && value <= max)) throw new UsageError(`${name} must be a whole number from ${min} to ${max}.`)
  return value
}

/**
 * JSON from the command line or standard input. The message of a failure never quotes it: it may hold a secret.
 * @throws {UsageError}
 */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    const [, position] = /position (\d+)/.exec((error as Error).message) ?? []
    const where = position === undefined ? '' : ` It breaks at character ${Number(position) + 1}.`
    throw new UsageError(`${what} is not valid JSON.${where} Quote it for the shell: '{"name":"value"}'.`)
  }
}
