import { invalidInput } from '@casare/core'
import { stringifyJson } from '@casare/sql'
import type { Column } from '../table.ts'

/** A value as it goes to the driver. */
export type Parameter = string | number | bigint | Buffer | null

const minInt64 = -(2n ** 63n)
const maxUint64 = 2n ** 64n - 1n

/**
 * A JavaScript value as a parameter: true and false as 1 and 0, dates as text in UTC, objects and lists as JSON.
 * @param where what the message calls the value.
 * @throws `invalid_input` for what cannot be stored exactly: NaN, infinity, half surrogate pairs, integers beyond 64 bits, undefined.
 */
export function toParameter(value: unknown, where: string): Parameter {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed())
        throw invalidInput(`${where}: the text contains half of a surrogate pair, which UTF-8 cannot store.`)
      return value
    case 'number':
      if (!Number.isFinite(value)) throw invalidInput(`${where}: MySQL has no ${value}. Pass null if you mean that.`)
      return value
    case 'bigint':
      if (value < minInt64 || value > maxUint64)
        throw invalidInput(`${where}: the integer does not fit into 64 bits. Pass it as text for a decimal column.`)
      return value
    case 'boolean':
      return value ? 1 : 0
    case 'undefined':
      throw invalidInput(`${where}: the value is undefined. Pass null for NULL.`)
    case 'object':
      return fromObject(value, where)
    default:
      throw invalidInput(`${where}: a ${typeof value} cannot be stored.`)
  }
}

function fromObject(value: object | null, where: string): Parameter {
  if (value === null) return null
  if (value instanceof Uint8Array)
    return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw invalidInput(`${where}: the date is invalid.`)
    const iso = value.toISOString()
    if (!/^\d{4}-/.test(iso)) throw invalidInput(`${where}: MySQL's dates are from the year 0 to 9999.`)
    return sqlTime(iso)
  }
  return stringifyJson(value, where)
}

/** ISO time in UTC as MySQL reads it: `2026-01-31 10:00:00.123`. */
function sqlTime(iso: string): string {
  return iso.replace('T', ' ').replace('Z', '')
}

const zoned = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$/

/** A point in time with its zone, for a column that holds times: in UTC, to the microsecond. Other texts stay. */
export function timeParameter(value: Parameter): Parameter {
  const match = typeof value === 'string' ? zoned.exec(value) : null
  if (match === null) return value
  const [, seconds = '', fraction = '', zone = ''] = match
  const date = new Date(`${seconds}${zone}`)
  if (Number.isNaN(date.getTime())) return value
  return `${date.toISOString().slice(0, 19).replace('T', ' ')}${fraction}`
}

/** A value for a column: a point in time with its zone is stored in UTC; a text for a JSON column is JSON already. */
export function columnParameter({ name, isTime }: Column, value: unknown, where = name): Parameter {
  const parameter = toParameter(value, where)
  return isTime ? timeParameter(parameter) : parameter
}

/** Values of a call, by position. */
export function toParameters(values: readonly unknown[]): readonly Parameter[] {
  if (values.length === 0) return none
  if (values.length > maxParameters)
    throw invalidInput(`values: ${values.length} values; a statement takes ${maxParameters}.`)
  return values.map((value, index) => toParameter(value, `values[${index}]`))
}

/** The protocol counts parameters in 16 bits (https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_prepare.html). */
export const maxParameters = 65_535
const none: readonly Parameter[] = Object.freeze([])
