import { invalidInput } from '@casare/core'
import {
  conditionsAfter,
  orderField,
  orderNames,
  pageOf as pageOfRows,
  type KeysetOrder,
  type Ordering,
  type RowsCursor,
} from '@casare/sql'
import type { Times } from '../backend/backend.ts'
import type { PostgresqlRow, Step } from '../backend/statement.ts'
import { quote, quoteTable } from '../identifiers.ts'
import type { PostgresqlClient } from '../postgresql-client.ts'
import { columnsOf, readTable, requireColumns, type Column, type Table } from '../table.ts'
import { parameterText, toParameter, type Parameter } from '../values/to-parameter.ts'

/** A position: values as PostgreSQL writes them. */
export type Position = RowsCursor<string | null>

export interface ReadInput {
  readonly table: string
  readonly schema?: string | undefined
  readonly columns?: readonly string[] | undefined
  readonly by?: string | undefined
  readonly key?: readonly string[] | undefined
  readonly where?: Readonly<Record<string, unknown>> | undefined
}

interface TypedOrdering extends Ordering {
  readonly castType: string
}

/** The parts of the statement that stay the same from page to page. */
export interface ReadPlan extends KeysetOrder<TypedOrdering> {
  /** `select … from …` */
  readonly select: string
  readonly conditions: readonly string[]
  readonly values: readonly Parameter[]
}

/** @throws `not_found` and `invalid_input`, naming what is nearest. */
export async function planRead(client: PostgresqlClient, input: ReadInput, times: Times): Promise<ReadPlan> {
  const table = await readTable(client, input, times)
  requireColumns(table, input.columns ?? [])
  const { by } = input
  const names = orderNames(by, keyOf(table, input))
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

function orderingOf(table: Table, name: string, selected: readonly string[], index: number): TypedOrdering {
  const known = table.columns.some((column) => column.name === name)
  if (!known && name === rowPlace)
    return { name: rowPlace, castType: 'tid', nullable: false, field: orderField(rowPlace, selected, index) }
  const [column] = columnsOf(table, [name]) as [Column]
  return {
    name: quote(name),
    castType: column.castType,
    nullable: column.nullable,
    field: orderField(name, selected, index),
  }
}

function equals({ name, castType }: Column, value: unknown, values: Parameter[]): string {
  const parameter = toParameter(value, `where.${name}`)
  if (parameter === null) return `${quote(name)} is null`
  values.push(parameter)
  return `${quote(name)} = $${values.length}::${castType}`
}

/** The rows after a position, in order. */
export function stepAfter(plan: ReadPlan, position: Position | undefined, limit: number | undefined): Step {
  const values = [...plan.values]
  const conditions = [...plan.conditions, ...conditionsAfter(plan, position, binding(plan, values), true)]
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
  // NULL sorts first, so that a column that grows has its end where it grows.
  const order = plan.order.map(({ name, nullable }) => `${name}${nullable ? ' nulls first' : ''}`).join(', ')
  return {
    text: `${plan.select}${where} order by ${order}${limit === undefined ? '' : ` limit ${limit}`}`,
    values,
  }
}

/** Each value is sent once, however often the condition speaks of it. */
function binding({ order }: ReadPlan, values: Parameter[]): (index: number, value: string | null) => string {
  const places = new Map<number, number>()
  return (index, value) => {
    const place = places.get(index) ?? values.push(value)
    places.set(index, place)
    return `$${place}::${order[index]?.castType ?? 'text'}`
  }
}

/** A page out of rows: the cursor is behind the last one. */
export function pageOf(
  plan: ReadPlan,
  rows: PostgresqlRow[],
  position: Position | undefined,
  last: boolean,
): { records: PostgresqlRow[]; cursor: Position; last: boolean } {
  return pageOfRows(plan, rows, position, last, (value, field) => parameterText(toParameter(value, field)))
}
