import { invalidInput } from '@casare/core'
import { stringifyJson } from '@casare/sql'
import type { Column } from '../table.ts'

/** A value as it goes to the server: text, bytes (binary format) or NULL. */
export type Parameter = string | Buffer | null

/**
 * A JavaScript value as a parameter: lists as arrays, other objects as JSON, dates as ISO text.
 * @param where what the message calls the value.
 * @throws `invalid_input` for what cannot be stored exactly: NUL bytes, lone surrogates, undefined, functions.
 */
export function toParameter(value: unknown, where: string): Parameter {
  switch (typeof value) {
    case 'string':
      return checkText(value, where)
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'undefined':
      throw invalidInput(`${where}: the value is undefined. Pass null for NULL.`)
    case 'object':
      return fromObject(value, where)
    default:
      throw invalidInput(`${where}: a ${typeof value} cannot be stored.`)
  }
}

function checkText(text: string, where: string): string {
  if (text.includes('\0'))
    throw invalidInput(
      `${where}: the text contains a NUL byte, which PostgreSQL cannot store. Use bytes (bytea) for it.`,
    )
  if (!text.isWellFormed())
    throw invalidInput(`${where}: the text contains half of a surrogate pair, which UTF-8 cannot store.`)
  return text
}

function fromObject(value: object | null, where: string): Parameter {
  if (value === null) return null
  if (value instanceof Uint8Array)
    return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (value instanceof Date) return dateText(value, where)
  if (Array.isArray(value)) return arrayText(value, where)
  return stringifyJson(value, where)
}

/** PostgreSQL writes years before 1 with BC and reads no sign (https://www.postgresql.org/docs/current/datatype-datetime.html). */
function dateText(date: Date, where: string): string {
  if (Number.isNaN(date.getTime())) throw invalidInput(`${where}: the date is invalid.`)
  const iso = date.toISOString()
  if (iso.startsWith('-')) {
    const year = 1 - date.getUTCFullYear()
    return `${String(year).padStart(4, '0')}${iso.slice(7)} BC`
  }
  return iso.startsWith('+') ? iso.slice(1).replace(/^0+(?=\d{4})/, '') : iso
}

/** A list is an array, but for a column that holds JSON. */
export function columnParameter({ name, isJson }: Pick<Column, 'name' | 'isJson'>, value: unknown): Parameter {
  return isJson && Array.isArray(value) ? stringifyJson(value, name) : toParameter(value, name)
}

/** An array as text (https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO). */
export function arrayText(values: readonly unknown[], where: string): string {
  const parts = values.map((value, index) => {
    if (Array.isArray(value)) return arrayText(value, where)
    const part = toParameter(value, `${where}[${index}]`)
    if (part === null) return 'NULL'
    return quoted(typeof part === 'string' ? part : `\\x${part.toString('hex')}`)
  })
  return `{${parts.join(',')}}`
}

/** The parameters of one column of many rows, as an array. */
export function columnArrayText(rows: readonly (readonly Parameter[])[], column: number): string {
  let text = '{'
  for (let index = 0; index < rows.length; index += 1) {
    const parameter = rows[index]?.[column] ?? null
    if (index > 0) text += ','
    if (parameter === null) text += 'NULL'
    else text += quoted(typeof parameter === 'string' ? parameter : `\\x${parameter.toString('hex')}`)
  }
  return `${text}}`
}

/** Always in quotes: looking whether a text needs them costs more than they do. */
function quoted(text: string): string {
  return escapable.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`
}

const escapable = /["\\]/

/** A parameter as text, for where bytes cannot be sent as they are. */
export function parameterText(parameter: Parameter): string | null {
  return Buffer.isBuffer(parameter) ? `\\x${parameter.toString('hex')}` : parameter
}

/** Values of a call, by position. */
export function toParameters(values: readonly unknown[]): readonly Parameter[] {
  if (values.length === 0) return none
  if (values.length > maxParameters)
    throw invalidInput(`values: ${values.length} values; a statement takes ${maxParameters}. Pass lists as arrays.`)
  return values.map(toPositional)
}

/** The usual values pass without a name being made for them. */
function toPositional(value: unknown, index: number): Parameter {
  if (value === null || typeof value === 'boolean') return value === null ? null : String(value)
  if (typeof value === 'number' && value !== 0) return String(value)
  return toParameter(value, `values[${index}]`)
}

/** The protocol counts parameters in 16 bits (https://www.postgresql.org/docs/current/protocol-message-formats.html). */
export const maxParameters = 65_535
const none: readonly Parameter[] = Object.freeze([])
