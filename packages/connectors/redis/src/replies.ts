import type { RedisValue } from './values.ts'

/** A flat list of fields and values as a record; a field may have any name. */
export function toRecord(reply: unknown): Record<string, RedisValue> {
  const list = reply as RedisValue[]
  const record: Record<string, RedisValue> = {}
  for (let index = 0; index + 1 < list.length; index += 2) {
    const field = list[index] as RedisValue
    const name = typeof field === 'string' ? field : Buffer.from(field).toString()
    const value = list[index + 1] as RedisValue
    if (name === '__proto__')
      Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true })
    else record[name] = value
  }
  return record
}
