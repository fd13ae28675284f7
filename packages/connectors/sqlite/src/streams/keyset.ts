import { invalidInput } from '@casare/core'
import type { SqliteClient, Times } from '../engine-client.ts'
import type { SqliteRow, SqliteValue } from '../engine/engine.ts'
import { quote } from '../identifiers.ts'
import { readTable, requireColumns, type Table } from '../table.ts'

/** A value in a cursor: JSON, with what JSON has no word for tagged. */
export type CursorValue = null | number | string | { readonly $bigint: string } | { readonly $bytes: string }

/** Where a read stopped: the ordering values of its last row. */
export interface RowsCursor {
  readonly after: readonly CursorValue[]
  readonly end?: boolean | undefined
}

export interface ReadInput {
  readonly table: string
  readonly columns?: readonly string[] | undefined
  readonly by?: string | undefined
  readonly where?: Readonly<Record<string, CursorValue>> | undefined
}

/** The parts of the statement that stay the same from page to page. */
export interface ReadPlan {
  readonly table: string
  readonly columns: string
  /** Ordering columns, quoted; together they tell rows apart. */
  readonly order: readonly string[]
  /** The field of a row that has the value of each ordering column. */
  readonly fields: readonly string[]
  /** Ordering columns that nobody asked for: selected beside the others, and taken off again. */
  readonly extras: readonly string[]
  /** Is the first ordering column one that grows, for reading incrementally? */
  readonly incremental: boolean
  readonly where: readonly string[]
  readonly values: readonly SqliteValue[]
}

const rowid = 'rowid'
const orderName = (index: number): string => `casare_order_${index}`

export async function planRead(client: SqliteClient, input: ReadInput, times: Times): Promise<ReadPlan> {
  const table = await readTable(client, input.table, times)
  const wheres = Object.entries(input.where ?? {})
  requireColumns(table, [
    ...(input.columns ?? []),
    ...(input.by === undefined ? [] : [input.by]),
    ...wheres.map(([name]) => name),
  ])
  const { by } = input
  const names = [...(by === undefined ? [] : [by]), ...keyOf(table).filter((name) => name !== by)]
  const wanted = input.columns ?? table.columns.map(({ name }) => name)
  const fields = names.map((name, index) => (wanted.includes(name) ? name : orderName(index)))
  const order = names.map((name) =>
    name === rowid && !table.columns.some((one) => one.name === rowid) ? rowid : quote(name),
  )
  const extras = order
    .map((one, index) => ({ one, field: fields[index] ?? '' }))
    .filter(({ field }) => !wanted.includes(field))
  const columns = [
    ...(input.columns === undefined ? ['*'] : input.columns.map(quote)),
    ...extras.map(({ one, field }) => `${one} as ${field}`),
  ]
  return {
    table: quote(table.name),
    columns: columns.join(', '),
    order,
    fields,
    extras: extras.map(({ field }) => field),
    incremental: input.by !== undefined,
    where: wheres.map(([name]) => `${quote(name)} is ?`),
    values: wheres.map(([, value]) => fromCursor(value)),
  }
}

/** What tells the rows of a table apart. */
function keyOf(table: Table): string[] {
  if (table.primaryKey.length > 0) return [...table.primaryKey]
  if (table.rowid) return [rowid]
  throw invalidInput(
    `SQLite: "${table.name}" is a view without a key, so reading could not go on where it stopped. Read its table, or use query.`,
  )
}

/** One page after a position. */
export async function keysetPage(
  client: SqliteClient,
  plan: ReadPlan,
  position: RowsCursor | undefined,
  pageSize: number,
  times: Times,
): Promise<{ records: SqliteRow[]; cursor: RowsCursor; last: boolean }> {
  const after = conditionsAfter(plan, position)
  const conditions = [...plan.where, ...after.conditions]
  const text =
    `select ${plan.columns} from ${plan.table}` +
    `${conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`} order by ${plan.order.join(', ')} limit ${pageSize}`
  const rows = await client.query({ text, values: [...plan.values, ...after.values] }, times)
  const last = rows.length < pageSize
  const reached = rows.at(-1)
  const cursor: RowsCursor = {
    after:
      reached === undefined ? (position?.after ?? []) : plan.fields.map((field) => toCursor(reached[field] ?? null)),
    ...(last ? { end: true } : {}),
  }
  for (const field of plan.extras) for (const row of rows) delete row[field]
  return { records: rows, cursor, last }
}

/**
 * The condition for "after this position". In mid-read it is strict; after an end that was reached, rows with the last
 * value of an incremental column are read again. NULL sorts first (https://www.sqlite.org/datatype3.html#sort_order).
 */
function conditionsAfter(
  plan: ReadPlan,
  position: RowsCursor | undefined,
): { conditions: string[]; values: SqliteValue[] } {
  if (position === undefined || position.after.length === 0) return { conditions: [], values: [] }
  if (position.after.length !== plan.order.length)
    throw invalidInput('The cursor is from a read of another table or order.')
  const values = position.after.map(fromCursor)
  const [first = null] = values
  if (plan.incremental && position.end === true) {
    const [by = ''] = plan.order
    return first === null ? { conditions: [], values: [] } : { conditions: [`${by} >= ?`], values: [first] }
  }
  return lexicographic(plan.order, values)
}

/** `a > ? or (a is ? and (b > ? or …))`, spelt out so that NULLs have their place. */
function lexicographic(
  order: readonly string[],
  values: readonly SqliteValue[],
): { conditions: string[]; values: SqliteValue[] } {
  const bound: SqliteValue[] = []
  const from = (index: number): string => {
    const column = order[index] ?? ''
    const value = values[index] ?? null
    const greater = value === null ? `${column} is not null` : `${column} > ?`
    if (value !== null) bound.push(value)
    if (index === order.length - 1) return greater
    bound.push(value)
    return `(${greater} or (${column} is ? and ${from(index + 1)}))`
  }
  const condition = from(0)
  return { conditions: [condition], values: bound }
}

function toCursor(value: SqliteValue): CursorValue {
  if (typeof value === 'bigint') return { $bigint: value.toString() }
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
  return value
}

function fromCursor(value: CursorValue): SqliteValue {
  if (value === null || typeof value !== 'object') return value
  return '$bigint' in value ? BigInt(value.$bigint) : Buffer.from(value.$bytes, 'base64')
}
