import { invalidInput, type WriteFailure } from '@casare/core'
import type { Column } from '../table.ts'
import { timeParameter, toParameter, type Parameter } from '../values/to-parameter.ts'

/** A record: names of columns to values. */
export type Fields = Readonly<Record<string, unknown>>

/** Records that have the same fields. */
export interface Group {
  readonly fields: readonly string[]
  readonly records: Fields[]
  /** Their places in the batch. */
  readonly places: number[]
}

/** Neighbouring records with the same fields go together; the order of records stays. */
export function groupByFields(records: readonly Fields[], failures: WriteFailure[]): Group[] {
  const groups: Group[] = []
  let current: Group | undefined
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

/** The parameters of each record that can be sent; the others are failures. */
export function parametersOf(group: Group, columns: readonly Column[], failures: WriteFailure[]): Parameter[][] {
  const rows: Parameter[][] = []
  for (const [place, record] of group.records.entries()) {
    try {
      rows.push(columns.map((column) => columnParameter(column, record[column.name])))
    } catch (error) {
      failures.push({ index: group.places[place] ?? 0, error })
    }
  }
  return rows
}

/** Points in time with their zone are stored in UTC; a text for a JSON column is JSON already. */
function columnParameter({ name, isTime }: Column, value: unknown): Parameter {
  const parameter = toParameter(value, name)
  return isTime ? timeParameter(parameter) : parameter
}
