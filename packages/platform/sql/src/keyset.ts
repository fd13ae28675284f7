import { invalidInput } from '@casare/core'

/** Where a read stopped: the ordering values of its last row. */
export interface RowsCursor<Value> {
  readonly after: readonly Value[]
  /** The read had reached the end of the table. */
  readonly end?: boolean | undefined
}

/** A column that rows are ordered by. */
export interface Ordering {
  /** Quoted. */
  readonly name: string
  readonly nullable: boolean
  /** The field of a row that has its value. */
  readonly field: string
}

/** What reading by position needs of a statement. */
export interface KeysetOrder<Order extends Ordering = Ordering> {
  /** Together they tell rows apart. */
  readonly order: readonly Order[]
  /** Fields that were added for the position and are taken off again. */
  readonly extraFields: readonly string[]
  /** Is the first ordering column one that grows, for reading incrementally? */
  readonly incremental: boolean
}

/** Names of the columns that rows are ordered by: the one that grows, where there is one, then the others of the key. */
export function orderNames(by: string | undefined, key: readonly string[]): string[] {
  return by === undefined ? [...key] : [by, ...key.filter((name) => name !== by)]
}

/** The field of a row that has the value of an ordering column: its own, or one that is selected beside the others. */
export function orderField(name: string, selected: readonly string[], index: number): string {
  return selected.includes(name) ? name : `casare_order_${index}`
}

/**
 * Binds the value of an ordering column.
 * @returns what stands for it in the statement: `?`, `$3::text`
 */
export type BindValue<Value> = (index: number, value: Value) => string

/**
 * The condition for "after this position". In mid-read it is strict; after an end that was reached, rows with the last
 * value of an incremental column are read again. NULL sorts first.
 *
 * @param bind is called in the order of the places in the statement
 * @param rowValues compares the columns as one row where none of them can be NULL: `(a, b) > (…, …)`
 * @throws `invalid_input` for the position of another read
 */
export function conditionsAfter<Value>(
  { order, incremental }: KeysetOrder,
  position: RowsCursor<Value> | undefined,
  bind: BindValue<Value>,
  rowValues = false,
): string[] {
  if (position === undefined || position.after.length === 0) return []
  const { after, end } = position
  if (after.length !== order.length) throw invalidInput('The cursor is from a read of another table or order.')
  const [first] = order
  const [value] = after
  if (incremental && end === true && first !== undefined)
    return value === null ? [] : [`${first.name} >= ${bind(0, value as Value)}`]
  if (rowValues && order.length > 1 && order.every(({ nullable }) => !nullable)) {
    const places = after.map((one, index) => bind(index, one))
    return [`(${order.map(({ name }) => name).join(', ')}) > (${places.join(', ')})`]
  }
  return [lexicographic(order, after, bind, 0)]
}

/** `a > … or (a = … and (b > … or …))`, spelt out so that NULLs have their place and an index is used. */
function lexicographic<Value>(
  order: readonly Ordering[],
  after: readonly Value[],
  bind: BindValue<Value>,
  index: number,
): string {
  const name = order[index]?.name ?? ''
  const value = after[index] as Value
  const isNull = value === null
  const greater = isNull ? `${name} is not null` : `${name} > ${bind(index, value)}`
  if (index === order.length - 1) return greater
  const same = isNull ? `${name} is null` : `${name} = ${bind(index, value)}`
  return `(${greater} or (${same} and ${lexicographic(order, after, bind, index + 1)}))`
}

/** A page out of rows: its cursor is behind the last one, and the fields that nobody asked for are taken off. */
export function pageOf<Row extends Record<string, unknown>, Value>(
  { order, extraFields }: KeysetOrder,
  rows: Row[],
  position: RowsCursor<Value> | undefined,
  last: boolean,
  toCursor: (value: unknown, field: string) => Value,
): { records: Row[]; cursor: RowsCursor<Value>; last: boolean } {
  const reached = rows.at(-1)
  const after =
    reached === undefined
      ? (position?.after ?? [])
      : order.map(({ field }) => toCursor((reached as Record<string, unknown>)[field] ?? null, field))
  for (const field of extraFields) for (const row of rows) delete row[field]
  return { records: rows, cursor: { after, ...(last ? { end: true } : {}) }, last }
}
