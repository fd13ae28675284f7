import { invalidInput } from '@casare/core'
import type { Times } from '../backend/backend.ts'
import type { PostgresqlRow, Step } from '../backend/statement.ts'
import { quote, quoteTable } from '../identifiers.ts'
import type { PostgresqlClient } from '../postgresql-client.ts'
import { columnsOf, readTable, requireColumns, type Column, type Table } from '../table.ts'
import { parameterText, toParameter, type Parameter } from '../values/to-parameter.ts'

/** Where a read stopped: the ordering values of its last row, as PostgreSQL writes them. */
export interface RowsCursor {
  readonly after: readonly (string | null)[]
  readonly end?: boolean | undefined
}

export interface ReadInput {
  readonly table: string
  readonly schema?: string | undefined
  readonly columns?: readonly string[] | undefined
  readonly by?: string | undefined
  readonly key?: readonly string[] | undefined
  readonly where?: Readonly<Record<string, unknown>> | undefined
}

/** A column that rows are ordered by. */
interface Ordering {
  /** Quoted. */
  readonly name: string
  readonly castType: string
  readonly nullable: boolean
  /** The field of a row that has its value. */
  readonly field: string
}

/** The parts of the statement that stay the same from page to page. */
export interface ReadPlan {
  /** `select … from …` */
  readonly select: string
  /** Together they tell rows apart. */
  readonly order: readonly Ordering[]
  /** Fields that were added for the position and are taken off again. */
  readonly extraFields: readonly string[]
  /** Is the first ordering column one that grows, for reading incrementally? */
  readonly incremental: boolean
  readonly conditions: readonly string[]
  readonly values: readonly Parameter[]
}

/** @throws `not_found` and `invalid_input`, naming what is nearest. */
export async function planRead(client: PostgresqlClient, input: ReadInput, times: Times): Promise<ReadPlan> {
  const table = await readTable(client, input, times)
  requireColumns(table, input.columns ?? [])
  const { by } = input
  const names = [...(by === undefined ? [] : [by]), ...keyOf(table, input).filter((name) => name !== by)]
  const selected = input.columns ?? table.columns.map(({ name }) => name)
  const order = names.map((name, index) => orderingOf(table, name, selected, index))
  const extra = order.filter(({ field }) => !selected.includes(field))
  const columns = [
    ...(input.columns === undefined ? ['*'] : input.columns.map(quote)),
    ...extra.map(({ name, field }) => `${name} as ${quote(field)}`),
  ]
  const wheres = Object.entries(input.where ?? {})
  const values: Parameter[] = []
  const conditions = columnsOf(
    table,
    wheres.map(([name]) => name),
  ).map((column, index) => equals(column, wheres[index]?.[1], values))
  return {
    select: `select ${columns.join(', ')} from ${quoteTable(table.name, table.schema)}`,
    order,
    extraFields: extra.map(({ field }) => field),
    incremental: by !== undefined,
    conditions,
    values,
  }
}

/** What tells the rows of a table apart; `ctid` is the place of a row (https://www.postgresql.org/docs/current/ddl-system-columns.html). */
function keyOf(table: Table, { key }: ReadInput): readonly string[] {
  if (key !== undefined) return key
  if (table.primaryKey.length > 0) return table.primaryKey
  if (table.hasRowPlace) return [rowPlace]
  throw invalidInput(
    `PostgreSQL: "${table.name}" has no primary key, so reading could not go on where it stopped. Name the columns that tell its rows apart in "key".`,
  )
}

const rowPlace = 'ctid'

function orderingOf(table: Table, name: string, selected: readonly string[], index: number): Ordering {
  const known = table.columns.some((column) => column.name === name)
  if (!known && name === rowPlace)
    return { name: rowPlace, castType: 'tid', nullable: false, field: `casare_order_${index}` }
  const [column] = columnsOf(table, [name]) as [Column]
  return {
    name: quote(name),
    castType: column.castType,
    nullable: column.nullable,
    field: selected.includes(name) ? name : `casare_order_${index}`,
  }
}

function equals({ name, castType }: Column, value: unknown, values: Parameter[]): string {
  const parameter = toParameter(value, `where.${name}`)
  if (parameter === null) return `${quote(name)} is null`
  values.push(parameter)
  return `${quote(name)} = $${values.length}::${castType}`
}

/** The rows after a position, in order. */
export function stepAfter(plan: ReadPlan, position: RowsCursor | undefined, limit: number | undefined): Step {
  const values = [...plan.values]
  const conditions = [...plan.conditions, ...conditionsAfter(plan, position, values)]
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
  // NULL sorts first, so that a column that grows has its end where it grows.
  const order = plan.order.map(({ name, nullable }) => `${name}${nullable ? ' nulls first' : ''}`).join(', ')
  return {
    text: `${plan.select}${where} order by ${order}${limit === undefined ? '' : ` limit ${limit}`}`,
    values,
  }
}

/** A page out of rows: the cursor is behind the last one. */
export function pageOf(
  plan: ReadPlan,
  rows: PostgresqlRow[],
  position: RowsCursor | undefined,
  last: boolean,
): { records: PostgresqlRow[]; cursor: RowsCursor; last: boolean } {
  const reached = rows.at(-1)
  const after =
    reached === undefined
      ? (position?.after ?? [])
      : plan.order.map(({ field }) => parameterText(toParameter(reached[field] ?? null, field)))
  for (const field of plan.extraFields) for (const row of rows) delete row[field]
  return { records: rows, cursor: { after, ...(last ? { end: true } : {}) }, last }
}

/**
 * The condition for "after this position". In mid-read it is strict; after an end that was reached, rows with the last
 * value of an incremental column are read again.
 */
function conditionsAfter(plan: ReadPlan, position: RowsCursor | undefined, values: Parameter[]): string[] {
  if (position === undefined || position.after.length === 0) return []
  if (position.after.length !== plan.order.length)
    throw invalidInput('The cursor is from a read of another table or order.')
  const { order } = plan
  const [first] = order
  if (plan.incremental && position.end === true && first !== undefined) {
    const [value = null] = position.after
    if (value === null) return []
    values.push(value)
    return [`${first.name} >= $${values.length}::${first.castType}`]
  }
  const places = position.after.map((value) => (value === null ? '' : `$${values.push(value)}`))
  const casts = order.map(({ castType }, index) => `${places[index]}::${castType}`)
  if (order.every(({ nullable }) => !nullable))
    return order.length === 1
      ? [`${first?.name} > ${casts[0]}`]
      : [`(${order.map(({ name }) => name).join(', ')}) > (${casts.join(', ')})`]
  return [lexicographic(order, position.after, casts)]
}

/** `a > … or (a is not distinct from … and (b > … or …))`, spelt out so that NULLs have their place. */
function lexicographic(
  order: readonly Ordering[],
  after: readonly (string | null)[],
  casts: readonly string[],
  index = 0,
): string {
  const name = order[index]?.name ?? ''
  const isNull = after[index] === null
  const greater = isNull ? `${name} is not null` : `${name} > ${casts[index]}`
  if (index === order.length - 1) return greater
  const same = isNull ? `${name} is null` : `${name} = ${casts[index]}`
  return `(${greater} or (${same} and ${lexicographic(order, after, casts, index + 1)}))`
}
