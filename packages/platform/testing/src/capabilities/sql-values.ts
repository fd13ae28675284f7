import { hostileTexts } from '../connector/input-checks.ts'
import type { SqlValueKind } from './sql.ts'

/** Values of each kind that drivers and databases are known to bend. */
export const fixedValues: Readonly<Record<SqlValueKind, readonly unknown[]>> = {
  texts: [
    '',
    ...hostileTexts,
    '\\',
    '\\N',
    '\\x00',
    '\t\r\n',
    '"',
    "''",
    'NULL',
    '{}',
    '{a,b}',
    '$1',
    '?',
    '\u{10ffff}',
  ],
  integers: [
    0n,
    -1n,
    2n ** 31n,
    2n ** 53n - 1n,
    2n ** 53n,
    2n ** 53n + 1n,
    -(2n ** 53n) - 1n,
    2n ** 63n - 1n,
    -(2n ** 63n),
  ],
  decimals: ['0', '0.1', '-12345678901234567890.123456789', '99999999999999999999999999.999999999', '0.000000001'],
  floats: [0, 1.5, -0.1, 5e-324, 1.7976931348623157e308, 2 ** 53, Math.PI, NaN, Infinity, -Infinity],
  booleans: [true, false],
  times: [],
  bytes: [
    new Uint8Array(0),
    new Uint8Array([0, 255, 92, 39, 10]),
    Uint8Array.from({ length: 256 }, (_one, index) => index),
  ],
  json: [
    { a: 1, b: [true, false, null], c: { d: 'grüße 🦊 "\\' } },
    { list: [1, 2.5, -3e-7, 'x'], empty: {}, none: [] },
    { 'a key with "quotes"': "and 'others'", __proto: '{}' },
  ],
  arrays: [],
  ranges: [],
}

/** A random value of a kind, or nothing where the suite makes none. */
export function randomValue(kind: SqlValueKind, random: () => number): { readonly value: unknown } | undefined {
  switch (kind) {
    case 'texts':
      return { value: randomText(random) }
    case 'integers':
      return { value: BigInt.asIntN(64, randomBits(random)) }
    case 'decimals':
      return { value: `${random() < 0.5 ? '-' : ''}${1 + digits(random, 18)}.${digits(random, 8)}1` }
    case 'floats':
      return { value: randomFloat(random) }
    case 'bytes':
      return { value: Uint8Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * 256)) }
    case 'json':
      return {
        value: { text: randomText(random), number: randomFloat(random, true), list: [randomText(random), null] },
      }
    case 'booleans':
    case 'times':
    case 'arrays':
    case 'ranges':
      return undefined
  }
}

/** Of all planes, without surrogates and NUL. */
function randomText(random: () => number): string {
  const point = (): number => {
    const limit = [0x7f, 0x7ff, 0xd7ff, 0x10ffff][Math.floor(random() * 4)] ?? 0x7f
    const one = 1 + Math.floor(random() * limit)
    return one >= 0xd800 && one <= 0xdfff ? 0x41 : one
  }
  return String.fromCodePoint(...Array.from({ length: Math.floor(random() * 20) }, point))
}

function randomBits(random: () => number): bigint {
  const half = (): bigint => BigInt(Math.floor(random() * 2 ** 32))
  return (half() << 32n) | half()
}

/** Any 64 bits that are a number. */
function randomFloat(random: () => number, small = false): number {
  if (small) return Math.round(random() * 1e6) / 1e3
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, randomBits(random))
  const value = view.getFloat64(0)
  return Number.isFinite(value) && value !== 0 ? value : 0.25
}

function digits(random: () => number, count: number): string {
  return Array.from({ length: count }, () => Math.floor(random() * 10)).join('')
}

/** A value as text in which equal values are equal: 2 and 2n, bytes of any class, objects whose keys are in another order. */
export function canonical(value: unknown): string {
  if (typeof value === 'bigint') return `${value}`
  if (typeof value === 'number')
    return Object.is(value, -0) ? '-0' : Number.isSafeInteger(value) ? `${BigInt(value)}` : `${value}`
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`
  if (Array.isArray(value)) return `[${value.map(canonical).join(', ')}]`
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => `${JSON.stringify(key)}: ${canonical(part)}`)
      .join(', ')}}`
  return JSON.stringify(value) ?? 'undefined'
}
