import { readerOf, type Reader } from '../values/readers.ts'
import type { PostgresqlRow } from './statement.ts'

/** A column of a result, as pg tells it. */
export interface FieldDescription {
  readonly name: string
  readonly dataTypeID: number
}

/** Turns the texts of a row into an object. */
export type RowReader = (fields: readonly (string | null)[]) => PostgresqlRow

/** The reader of a result's rows, made once per result. */
export function rowReader(fields: readonly FieldDescription[]): RowReader {
  const names = fields.map(({ name }) => name)
  const readers = fields.map(({ dataTypeID }) => readerOf(dataTypeID))
  return names.includes('__proto__') ? definingReader(names, readers) : assigningReader(names, readers)
}

function assigningReader(names: readonly string[], readers: readonly Reader[]): RowReader {
  const count = names.length
  return (fields) => {
    const row: PostgresqlRow = {}
    for (let index = 0; index < count; index += 1) {
      const text = fields[index] as string | null
      row[names[index] as string] = text === null ? null : (readers[index] as Reader)(text)
    }
    return row
  }
}

/** A column may have this name; assigning it would change the row's prototype instead. */
function definingReader(names: readonly string[], readers: readonly Reader[]): RowReader {
  return (fields) => {
    const row: PostgresqlRow = {}
    for (const [index, name] of names.entries()) {
      const text = fields[index] ?? null
      const value = text === null ? null : readers[index]?.(text)
      Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true })
    }
    return row
  }
}
