import { invalidInput } from '@casare/core'
import type { Bindings, SqliteValue } from './engine/engine.ts'

const minInt64 = -(2n ** 63n)
const maxInt64 = 2n ** 63n - 1n

/**
 * A JavaScript value as SQLite stores it: true and false as 1 and 0, dates as ISO text, objects and lists as JSON text.
 * @param where what the message calls the value.
 * @throws `invalid_input` for what cannot be stored exactly: NaN, lone surrogates, integers beyond 64 bits, functions.
 */
export function toSqlite(value: unknown, where: string): SqliteValue {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed())
        throw invalidInput(`${where}: the text contains half of a surrogate pair, which UTF-8 cannot store.`)
      return value
    case 'number':
      if (Number.isNaN(value))
        throw invalidInput(`${where}: SQLite has no NaN; it would become NULL. Pass null if you mean that.`)
      return value
    case 'boolean':
      return value ? 1 : 0
    case 'bigint':
      if (value < minInt64 || value > maxInt64) throw invalidInput(`${where}: the integer does not fit into 64 bits.`)
      return value
    case 'undefined':
      throw invalidInput(`${where}: the value is undefined. Pass null for NULL.`)
    case 'object':
      return fromObject(value, where)
    default:
      throw invalidInput(`${where}: a ${typeof value} cannot be stored.`)
  }
}

function fromObject(value: object | null, where: string): SqliteValue {
  if (value === null) return null
  if (value instanceof Uint8Array) return value
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw invalidInput(`${where}: the date is invalid.`)
    return value.toISOString()
  }
  try {
    return JSON.stringify(value)
  } catch (error) {
    throw invalidInput(`${where}: the object cannot be written as JSON: ${(error as Error).message}`, error)
  }
}

/** Values of a call, by position or by name. */
export function toBindings(values: readonly unknown[] | Readonly<Record<string, unknown>>): Bindings {
  if (Array.isArray(values)) {
    if (values.length === 0) return none
    return values.map(toPositional)
  }
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toSqlite(value, `values.${name}`)]))
}

/** The usual values pass without a name being made for them. */
function toPositional(value: unknown, index: number): SqliteValue {
  if (typeof value === 'number' && !Number.isNaN(value)) return value
  return toSqlite(value, `values[${index}]`)
}

const none: readonly SqliteValue[] = Object.freeze([])
