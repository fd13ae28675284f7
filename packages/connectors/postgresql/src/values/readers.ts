import { parseJson } from '@casare/sql'
import { parseArray } from './parse-array.ts'

/** Turns the text of a value that is not NULL into JavaScript's. */
export type Reader = (text: string) => unknown

/** A type's number in pg_type (https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat). */
type TypeNumber = number

const same: Reader = (text) => text
const bool: Reader = (text) => text === 't'
const bytes: Reader = (text) => Buffer.from(text.slice(2), 'hex')

/** What stays as it is: text, numeric, date, time, interval, uuid, ranges, addresses and all that is not listed. */
const scalars: Readonly<Record<TypeNumber, Reader>> = {
  16: bool,
  17: bytes,
  20: BigInt,
  21: Number,
  23: Number,
  26: Number,
  114: parseJson,
  700: Number,
  701: Number,
  1114: readTimestamp,
  1184: readTimestampWithZone,
  3802: parseJson,
}

/** Numbers of the array types, with those of their elements. */
const arrays: Readonly<Record<TypeNumber, TypeNumber>> = {
  199: 114,
  1000: 16,
  1001: 17,
  1002: 18,
  1003: 19,
  1005: 21,
  1007: 23,
  1009: 25,
  1014: 1042,
  1015: 1043,
  1016: 20,
  1021: 700,
  1022: 701,
  1028: 26,
  1040: 829,
  1041: 869,
  651: 650,
  1115: 1114,
  1182: 1082,
  1183: 1083,
  1185: 1184,
  1187: 1186,
  1231: 1700,
  1270: 1266,
  2951: 2950,
  3807: 3802,
  3905: 3904,
  3907: 3906,
  3909: 3908,
  3911: 3910,
  3913: 3912,
  3927: 3926,
}

const readers = new Map<TypeNumber, Reader>(Object.entries(scalars).map(([type, read]) => [Number(type), read]))
for (const [type, element] of Object.entries(arrays)) {
  const read = readers.get(element) ?? same
  readers.set(Number(type), (text) => parseArray(text, read))
}

/** The reader of a type. */
export function readerOf(type: TypeNumber): Reader {
  return readers.get(type) ?? same
}

/** `2026-01-31 10:00:00.123456` with a T; "infinity" and years before Christ stay as they are. */
function readTimestamp(text: string): string {
  return isoLike.test(text) ? text.replace(' ', 'T') : text
}

/** In UTC with a Z, all digits of the second kept. */
function readTimestampWithZone(text: string): string {
  if (!isoLike.test(text)) return text
  const sign = Math.max(text.lastIndexOf('+'), text.lastIndexOf('-'))
  const zone = text.slice(sign)
  const local = text.slice(0, sign).replace(' ', 'T')
  return zone === '+00' ? `${local}Z` : toUtc(local, zone)
}

function toUtc(local: string, zone: string): string {
  const [hours = 0, minutes = 0, seconds = 0] = zone.slice(1).split(':').map(Number)
  const offset = (hours * 3_600 + minutes * 60 + seconds) * (zone.startsWith('-') ? -1 : 1)
  const [, date = '', time = '', fraction = ''] = /^(.*)T(\d\d:\d\d:\d\d)(\.\d+)?$/.exec(local) ?? []
  const year = date.length > 10 ? `+${date.padStart(12, '0')}` : date
  const moved = new Date(Date.parse(`${year}T${time}Z`) - offset * 1_000)
  const iso = moved.toISOString().replace(/^\+0*/, '')
  return `${iso.slice(0, -5)}${fraction}Z`
}

const isoLike = /^\d{4,6}-\d\d-\d\d \d\d:\d\d:\d\d[^B]*$/
