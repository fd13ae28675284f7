import { toRecord } from './replies.ts'
import type { RedisValue } from './values.ts'

/** An entry of a stream. */
export interface Entry {
  readonly id: string
  readonly fields: Readonly<Record<string, RedisValue>>
}

/** An entry as the server gives it: its id, and fields and values in a flat list. */
export function toEntry([id, fields]: readonly [RedisValue, readonly RedisValue[] | null]): Entry {
  return { id: typeof id === 'string' ? id : Buffer.from(id).toString(), fields: toRecord(fields ?? []) }
}
