import type { Parameter } from './to-parameter.ts'

/**
 * A value as SQL text, for positions within a table: digits, or hexadecimal, in which nothing can end the literal
 * (https://mariadb.com/kb/en/hexadecimal-literals/).
 */
export function literal(value: Parameter): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return `_utf8mb4 x'${Buffer.from(value).toString('hex')}'`
  if (Buffer.isBuffer(value)) return `x'${value.toString('hex')}'`
  return Object.is(value, -0) ? '-0e0' : String(value)
}
