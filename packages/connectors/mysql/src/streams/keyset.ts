import { invalidInput } from '@casare/core'
import {
  conditionsAfter,
  fromTagged,
  orderField,
  orderNames,
  pageOf as pageOfRows,
  toTagged,
  type KeysetOrder,
  type Ordering,
  type RowsCursor,
  type TaggedValue,
} from '@casare/sql'
import { quote, quoteTable } from '../identifiers.ts'
import type { MysqlClient } from '../mysql-client.ts'
import type { Times } from '../server/server-connection.ts'
import type { MysqlRow, Step } from '../server/statement.ts'
import { columnsOf, readTable, requireColumns, type Column, type Table } from '../table.ts'
import { literal } from '../values/literal.ts'
import { columnParameter, timeParameter, type Parameter } from '../values/to-parameter.ts'

/** A position: values as JSON. */
export type Position = RowsCursor<TaggedValue>

export interface ReadInput {
  readonly table: string
  readonly schema?: string | undefined
  readonly columns?: readonly string[] | undefined
  readonly by?: string | undefined
  readonly key?: readonly string[] | undefined
  readonly where?: Readonly<Record<string, unknown>> | undefined
}

interface PlacedOrdering extends Ordering {
  /** Stands for a value in a comparison: `?`, or a cast where texts would be compared as inexact numbers. */
  readonly place: string
}

/** The parts of the statement that stay the same from page to page. */
export interface ReadPlan extends KeysetOrder<PlacedOrdering> {
  /** `select … from …` */
  readonly select: string
  readonly conditions: readonly string[]
  readonly values: readonly Parameter[]
  /** Rows come as text, which the driver reads twice as fast as the binary form of prepared statements. */
  readonly asText: boolean
}

/** Types whose values are the same in both forms. */
const sameAsText =
  /^((tiny|small|medium|big)?int|decimal|(var)?char|(var)?binary|(tiny|medium|long)?(text|blob)|date|datetime|timestamp|enum|set)$/

/** @throws `not_found` and `invalid_input`, naming what is nearest. */
export async function planRead(client: MysqlClient, input: ReadInput, times: Times): Promise<ReadPlan> {
  const table = await readTable(client, input, times)
  requireColumns(table, input.columns ?? [])
  const { by } = input
  const names = orderNames(by, keyOf(table, input))
  const selected = input.columns ?? table.columns.map(({ name }) => name)
  const order = columnsOf(table, names).map((column, index) => orderingOf(column, selected, index))
  const extra = order.filter(({ field }) => !selected.includes(field))
  const columns = [...selected.map(quote), ...extra.map(({ name, field }) => `${name} as ${quote(field)}`)]
  const wheres = Object.entries(input.where ?? {})
  const values: Parameter[] = []
  const conditions = columnsOf(
    table,
    wheres.map(([name]) => name),
  ).map((column, index) => {
    values.push(columnParameter(column, wheres[index]?.[1], `where.${column.name}`))
    return `${quote(column.name)} <=> ${placeOf(column)}`
  })
  return {
    select: `select ${columns.join(', ')} from ${quoteTable(table.name, table.schema)}`,
    order,
    extraFields: extra.map(({ field }) => field),
    incremental: by !== undefined,
    conditions,
    values,
    asText: columnsOf(table, [...selected, ...names]).every(({ baseType }) => sameAsText.test(baseType)),
  }
}

/** The statement with literals in the places of its values; `undefined` where a name has a question mark, too. */
function withLiterals(text: string, values: readonly Parameter[]): Step | undefined {
  const parts = text.split('?')
  if (parts.length !== values.length + 1) return undefined
  const whole = parts.reduce((before, part, index) => `${before}${literal(values[index - 1] ?? null)}${part}`)
  return { text: whole, values: [], once: true }
}

/** What tells the rows of a table apart. */
function keyOf(table: Table, { key }: ReadInput): readonly string[] {
  if (key !== undefined) return key
  if (table.primaryKey.length > 0) return table.primaryKey
  throw invalidInput(
    `MySQL: "${table.name}" has no primary key, so reading could not go on where it stopped. Name the columns that tell its rows apart in "key".`,
  )
}

function orderingOf(column: Column, selected: readonly string[], index: number): PlacedOrdering {
  const { name, nullable } = column
  return {
    name: quote(name),
    place: placeOf(column),
    nullable,
    field: orderField(name, selected, index),
  }
}

function placeOf({ baseType, type }: Column): string {
  return baseType === 'decimal' ? `cast(? as ${/^decimal\([\d,]+\)/.exec(type)?.[0] ?? 'decimal(65,30)'})` : '?'
}

/** The rows after a position, in order. */
export function stepAfter(plan: ReadPlan, position: Position | undefined, limit: number | undefined): Step {
  const values = [...plan.values]
  const after = conditionsAfter(plan, position, (index, value) => {
    values.push(parameterOf(value))
    return plan.order[index]?.place ?? '?'
  })
  const conditions = [...plan.conditions, ...after]
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
  const order = plan.order.map(({ name }) => name).join(', ')
  const text = `${plan.select}${where} order by ${order}${limit === undefined ? '' : ` limit ${limit}`}`
  return (plan.asText ? withLiterals(text, values) : undefined) ?? { text, values }
}

/** A page out of rows: the cursor is behind the last one. */
export function pageOf(
  plan: ReadPlan,
  rows: MysqlRow[],
  position: Position | undefined,
  last: boolean,
): { records: MysqlRow[]; cursor: Position; last: boolean } {
  return pageOfRows(plan, rows, position, last, toTagged)
}

function parameterOf(value: TaggedValue): Parameter {
  return typeof value === 'string' ? timeParameter(value) : fromTagged(value)
}
