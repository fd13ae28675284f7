import { stepError } from './step-error.ts'

export type CastName = 'string' | 'number' | 'integer' | 'boolean' | 'timestamp' | 'json'

/** Converters of `cast:`; each throws where the value cannot be converted without guessing. */
export const casts: Readonly<Record<CastName, (value: unknown, field: string) => unknown>> = {
  string: (value, field) => {
    if (typeof value === 'string') return value
    if (typeof value !== 'number' && typeof value !== 'boolean' && typeof value !== 'bigint')
      throw refused(field, 'string', value)
    return String(value)
  },
  number: (value, field) => {
    if (typeof value === 'number') return value
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN
    if (Number.isNaN(number)) throw refused(field, 'number', value)
    return number
  },
  integer: (value, field) => {
    if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))) return value
    if (typeof value !== 'string' || !/^\s*[+-]?\d{1,19}\s*$/.test(value)) throw refused(field, 'integer', value)
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : BigInt(value.trim())
  },
  boolean: (value, field) => {
    if (typeof value === 'boolean') return value
    if (value === 1 || value === 'true' || value === '1') return true
    if (value === 0 || value === 'false' || value === '0') return false
    throw refused(field, 'boolean', value)
  },
  timestamp: (value, field) => {
    const date = typeof value === 'number' || typeof value === 'string' ? new Date(value) : undefined
    if (date === undefined || Number.isNaN(date.getTime())) throw refused(field, 'timestamp', value)
    return date.toISOString()
  },
  json: (value) => JSON.stringify(value),
}

function refused(field: string, cast: CastName, value: unknown): Error {
  const shown = JSON.stringify(value)?.slice(0, 40) ?? typeof value
  return stepError('fields', `${field}: ${shown} is not a ${cast}.`)
}
