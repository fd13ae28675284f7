import { invalidInput } from '@casare/core'

/** A value, key, field or member: text is stored as UTF-8, bytes as they are. */
export type RedisValue = string | Uint8Array

/** An argument of a command as the driver takes it. */
export type Argument = string | Buffer

/** Is it a value that can be stored exactly? Half a surrogate pair has no UTF-8. */
export function isRedisValue(value: unknown): value is RedisValue {
  return typeof value === 'string' ? value.isWellFormed() : value instanceof Uint8Array
}

/** The value as an argument; bytes are not copied. */
export function toArgument(value: RedisValue): Argument {
  if (typeof value === 'string') return value
  return value instanceof Buffer ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}

/**
 * A field of a record as a value: numbers and bigints in digits, true and false as 1 and 0, dates as ISO text, objects and
 * lists as JSON.
 * @throws `invalid_input` for what has no such form: NaN, undefined, functions, half a surrogate pair.
 */
export function fieldToArgument(value: unknown, where: string): Argument {
  if (isRedisValue(value)) return toArgument(value)
  switch (typeof value) {
    case 'number':
      if (Number.isNaN(value)) throw invalidInput(`${where}: NaN cannot be stored; leave the field out.`)
      return String(value)
    case 'bigint':
      return value.toString()
    case 'boolean':
      return value ? '1' : '0'
    case 'string':
      throw invalidInput(`${where}: the text contains half of a surrogate pair, which UTF-8 cannot store.`)
    case 'object':
      if (value instanceof Date) {
        if (Number.isNaN(value.getTime())) throw invalidInput(`${where}: the date is invalid.`)
        return value.toISOString()
      }
      return toJson(value, where)
    default:
      throw invalidInput(`${where}: a value of type ${typeof value} cannot be stored.`)
  }
}

/** @throws `invalid_input` where an object has no JSON. */
export function toJson(value: unknown, where: string): string {
  try {
    return JSON.stringify(value, (_key, part: unknown) =>
      typeof part === 'bigint'
        ? part.toString()
        : part instanceof Uint8Array
          ? { $bytes: Buffer.from(part).toString('base64') }
          : part,
    )
  } catch (error) {
    throw invalidInput(`${where}: it cannot be written as JSON: ${(error as Error).message}`, error)
  }
}
