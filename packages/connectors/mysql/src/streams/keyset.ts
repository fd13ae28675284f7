import { invalidInput } from '@casare/core'
import { quote, quoteTable } from '../identifiers.ts'
import type { MysqlClient } from '../mysql-client.ts'
import type { Times } from '../server/server-connection.ts'
import type { MysqlRow, Step } from '../server/statement.ts'
import { columnsOf, readTable, requireColumns, type Column, type Table } from '../table.ts'
import { literal } from '../values/literal.ts'
import { timeParameter, toParameter, type Parameter } from '../values/to-parameter.ts'

/** A value in a cursor: JSON, with what JSON has no word for tagged. */
export type CursorValue = null | number | string | { readonly $bigint: string } | { readonly $bytes: string }

/** Where a read stopped: the ordering values of its last row. */
export interface RowsCursor {
  readonly after: readonly CursorValue[]
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
  /** Stands for a value in a comparison: `?`, or a cast where texts would be compared as inexact numbers. */
  readonly place: string
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
  const names = [...(by === undefined ? [] : [by]), ...keyOf(table, input).filter((name) => name !== by)]
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
    values.push(columnValue(column, wheres[index]?.[1], `where.${column.name}`))
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

function orderingOf(column: Column, selected: readonly string[], index: number): Ordering {
  const { name, nullable } = column
  return {
    name: quote(name),
    place: placeOf(column),
    nullable,
    field: selected.includes(name) ? name : `casare_order_${index}`,
  }
}

function placeOf({ baseType, type }: Column): string {
  return baseType === 'decimal' ? `cast(? as ${/^decimal\([\d,]+\)/.exec(type)?.[0] ?? 'decimal(65,30)'})` : '?'
}

function columnValue(column: Column, value: unknown, where: string): Parameter {
  const parameter = toParameter(value, where)
  return column.isTime ? timeParameter(parameter) : parameter
}

/** One page after a position. */
export async function keysetPage(
  client: MysqlClient,
  plan: ReadPlan,
  position: RowsCursor | undefined,
  pageSize: number,
  times: Times,
): Promise<{ records: MysqlRow[]; cursor: RowsCursor; last: boolean }> {
  const values = [...plan.values]
  const conditions = [...plan.conditions, ...conditionsAfter(plan, position, values)]
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
  const order = plan.order.map(({ name }) => name).join(', ')
  const text = `${plan.select}${where} order by ${order} limit ${pageSize}`
  const { rows } = await client.run((plan.asText ? withLiterals(text, values) : undefined) ?? { text, values }, times)
  const last = rows.length < pageSize
  const reached = rows.at(-1)
  const after =
    reached === undefined ? (position?.after ?? []) : plan.order.map(({ field }) => toCursor(reached[field]))
  for (const field of plan.extraFields) for (const row of rows) delete row[field]
  return { records: rows, cursor: { after, ...(last ? { end: true } : {}) }, last }
}

/**
 * The condition for "after this position". In mid-read it is strict; after an end that was reached, rows with the last
 * value of an incremental column are read again. NULL sorts first.
 */
function conditionsAfter(plan: ReadPlan, position: RowsCursor | undefined, values: Parameter[]): string[] {
  if (position === undefined || position.after.length === 0) return []
  if (position.after.length !== plan.order.length)
    throw invalidInput('The cursor is from a read of another table or order.')
  const after = position.after.map(fromCursor)
  const [first] = plan.order
  if (plan.incremental && position.end === true && first !== undefined) {
    const [value = null] = after
    if (value === null) return []
    values.push(value)
    return [`${first.name} >= ${first.place}`]
  }
  return [lexicographic(plan.order, after, values)]
}

/** `a > ? or (a <=> ? and (b > ? or …))`, spelt out so that NULLs have their place and an index is used. */
function lexicographic(
  order: readonly Ordering[],
  after: readonly Parameter[],
  values: Parameter[],
  index = 0,
): string {
  const { name, place } = order[index] as Ordering
  const value = after[index] ?? null
  const greater = value === null ? `${name} is not null` : `${name} > ${place}`
  if (value !== null) values.push(value)
  if (index === order.length - 1) return greater
  if (value !== null) values.push(value)
  const same = value === null ? `${name} is null` : `${name} = ${place}`
  return `(${greater} or (${same} and ${lexicographic(order, after, values, index + 1)}))`
}

function toCursor(value: unknown): CursorValue {
  if (typeof value === 'bigint') return { $bigint: value.toString() }
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
  if (value === null || typeof value === 'number' || typeof value === 'string') return value
  throw invalidInput('Rows cannot be ordered by a column of this type.')
}

function fromCursor(value: CursorValue): Parameter {
  if (typeof value === 'string') return timeParameter(value)
  if (value === null || typeof value !== 'object') return value
  return '$bigint' in value ? BigInt(value.$bigint) : Buffer.from(value.$bytes, 'base64')
}
