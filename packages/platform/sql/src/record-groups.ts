import { invalidInput, type WriteFailure } from '@casare/core'

/** A record: names of columns to values. */
export type Fields = Readonly<Record<string, unknown>>

/** Records that have the same fields. */
export interface RecordGroup {
  readonly fields: readonly string[]
  readonly records: Fields[]
  /** Their places in the batch. */
  readonly places: number[]
}

/**
 * Neighbouring records with the same fields go together; the order of records stays. A record without fields is a failure.
 * Runs once per record: plain loops.
 */
export function groupByFields(records: readonly Fields[], failures: WriteFailure[]): RecordGroup[] {
  const groups: RecordGroup[] = []
  let current: RecordGroup | undefined
  for (let index = 0; index < records.length; index += 1) {
    const record = records[index] as Fields
    if (current === undefined || !sameFields(record, current.fields)) {
      const fields = Object.keys(record)
      if (fields.length === 0) {
        failures.push({ index, error: invalidInput('The record has no fields.') })
        continue
      }
      groups.push((current = { fields, records: [], places: [] }))
    }
    current.records.push(record)
    current.places.push(index)
  }
  return groups
}

function sameFields(record: Fields, fields: readonly string[]): boolean {
  let count = 0
  for (const key in record) {
    if (fields[count] !== key) return false
    count += 1
  }
  return count === fields.length
}

/**
 * The values of each record that can be sent, in the order of the columns; the others are failures.
 * @param convert makes what is sent of a value; throws where that is not possible.
 */
export function valuesOf<Column extends { readonly name: string }, Value>(
  group: RecordGroup,
  columns: readonly Column[],
  failures: WriteFailure[],
  convert: (column: Column, value: unknown) => Value,
): Value[][] {
  const { records, places } = group
  const rows: Value[][] = []
  for (let index = 0; index < records.length; index += 1) {
    const record = records[index] as Fields
    try {
      // Of its final length: a list that grows has room for 17.
      const row = new Array<Value>(columns.length)
      for (let place = 0; place < columns.length; place += 1) {
        const column = columns[place] as Column
        row[place] = convert(column, record[column.name])
      }
      rows.push(row)
    } catch (error) {
      failures.push({ index: places[index] ?? 0, error })
    }
  }
  return rows
}
