import { parseJson } from '@casare/sql'
import type { MysqlRow } from '../server/statement.ts'

/** What the driver tells of a column of a result. */
export interface ResultField {
  name: string
  readonly columnType: number
  readonly extendedFormat?: string | undefined
}

/** Types of the protocol (https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html). */
const type = { timestamp: 7, longlong: 8, datetime: 12, json: 245 } as const

type Convert = (value: string) => unknown

/** `2026-01-31 10:00:00` with a T and without a fraction of nothing; the year 0, which is MySQL's "no date", stays as it is. */
function toLocalTime(text: string): string {
  if (text.startsWith('0000')) return text
  const end = text.length > wholeSeconds && text.endsWith('0') && nothing.test(text) ? wholeSeconds : text.length
  return `${text.slice(0, 10)}T${text.slice(11, end)}`
}
const wholeSeconds = 19
const nothing = /\.0+$/
const toInstant = (text: string): string => (text.startsWith('0000') ? text : `${toLocalTime(text)}Z`)
const toBigInt: Convert = (text) => BigInt(text)

/** The driver refuses these as names of fields: they would be more than fields. */
const privateNames = new Set([
  '__proto__',
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  '__lookupSetter__',
])
const mask = '\u0000'

/** Gives columns with such names others, before the driver makes rows of them. */
export function maskPrivateNames(fields: readonly ResultField[]): void {
  for (const field of fields) if (privateNames.has(field.name)) field.name = mask + field.name
}

/** Turns texts into what they stand for, in place: 64-bit integers, times as ISO text, JSON. */
export function convertRows(rows: MysqlRow[], fields: readonly ResultField[]): void {
  for (const field of fields) {
    const convert = convertFor(field)
    const { name } = field
    if (convert !== undefined)
      for (const row of rows) {
        const value = row[name]
        if (typeof value === 'string') row[name] = convert(value)
      }
    if (name.startsWith(mask)) for (const row of rows) unmask(row, name)
  }
}

function convertFor({ columnType, extendedFormat }: ResultField): Convert | undefined {
  if (extendedFormat === 'json') return parseJson
  switch (columnType) {
    case type.longlong:
      return toBigInt
    case type.timestamp:
      return toInstant
    case type.datetime:
      return toLocalTime
    case type.json:
      return parseJson
    default:
      return undefined
  }
}

function unmask(row: MysqlRow, masked: string): void {
  const value = row[masked]
  delete row[masked]
  Object.defineProperty(row, masked.slice(mask.length), {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  })
}
