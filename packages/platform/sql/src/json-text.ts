import { invalidInput } from '@casare/core'

/** JSON.rawJSON and the source of a number are newer than TypeScript's library. */
const json = JSON as unknown as {
  rawJSON(text: string): unknown
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown
}

/** A run of digits that a number may not hold exactly. */
const longNumber = /\d{16}/

/** Parses JSON; integers beyond 2^53 become bigint rather than something near. */
export function parseJson(text: string): unknown {
  if (!longNumber.test(text)) return JSON.parse(text)
  return json.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && !Number.isSafeInteger(value) && /^-?\d+$/.test(source)
      ? BigInt(source)
      : value,
  )
}

/**
 * JSON of an object; bigint is written as the number it is.
 * @throws `invalid_input` for cycles and for numbers that JSON has no word for.
 */
export function stringifyJson(value: unknown, where: string): string {
  try {
    return JSON.stringify(value, replace)
  } catch (error) {
    throw invalidInput(`${where}: the value cannot be written as JSON: ${(error as Error).message}`, error)
  }
}

function replace(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return json.rawJSON(value.toString())
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`JSON has no ${value}`)
  return value
}
