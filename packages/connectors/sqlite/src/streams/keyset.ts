import { invalidInput } from '@casare/core'
import {
  conditionsAfter,
  fromTagged,
  orderField,
  orderNames,
  pageOf,
  toTagged,
  type KeysetOrder,
  type RowsCursor,
  type TaggedValue,
} from '@casare/sql'
import type { SqliteClient, Times } from '../engine-client.ts'
import type { SqliteRow, SqliteValue } from '../engine/engine.ts'
import { quote } from '../identifiers.ts'
import { readTable, requireColumns, type Table } from '../table.ts'

/** A position: values as JSON. */
export type Position = RowsCursor<TaggedValue>

export interface ReadInput {
  readonly table: string
  readonly columns?: readonly string[] | undefined
  readonly by?: string | undefined
  readonly where?: Readonly<Record<string, TaggedValue>> | undefined
}

/** The parts of the statement that stay the same from page to page. */
export interface ReadPlan extends KeysetOrder {
  readonly table: string
  readonly columns: string
  readonly where: readonly string[]
  readonly values: readonly SqliteValue[]
}

const rowid = 'rowid'

export async function planRead(client: SqliteClient, input: ReadInput, times: Times): Promise<ReadPlan> {
  const table = await readTable(client, input.table, times)
  const wheres = Object.entries(input.where ?? {})
  requireColumns(table, [
    ...(input.columns ?? []),
    ...(input.by === undefined ? [] : [input.by]),
    ...wheres.map(([name]) => name),
  ])
  const { by } = input
  const wanted = input.columns ?? table.columns.map(({ name }) => name)
  const order = orderNames(by, keyOf(table)).map((name, index) => ({
    name: name === rowid && !table.columns.some((one) => one.name === rowid) ? rowid : quote(name),
    // Any column may hold NULL here, also most primary keys (https://www.sqlite.org/lang_createtable.html#the_primary_key).
    nullable: true,
    field: orderField(name, wanted, index),
  }))
  const extras = order.filter(({ field }) => !wanted.includes(field))
  const columns = [
    ...(input.columns === undefined ? ['*'] : input.columns.map(quote)),
    ...extras.map(({ name, field }) => `${name} as ${field}`),
  ]
  return {
    table: quote(table.name),
    columns: columns.join(', '),
    order,
    extraFields: extras.map(({ field }) => field),
    incremental: by !== undefined,
    where: wheres.map(([name]) => `${quote(name)} is ?`),
    values: wheres.map(([, value]) => fromTagged(value)),
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
  position: Position | undefined,
  pageSize: number,
  times: Times,
): Promise<{ records: SqliteRow[]; cursor: Position; last: boolean }> {
  const values = [...plan.values]
  const after = conditionsAfter(plan, position, (_index, value) => {
    values.push(fromTagged(value))
    return '?'
  })
  const conditions = [...plan.where, ...after]
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
  const order = plan.order.map(({ name }) => name).join(', ')
  const text = `select ${plan.columns} from ${plan.table}${where} order by ${order} limit ${pageSize}`
  const rows = await client.query({ text, values }, times)
  return pageOf(plan, rows, position, rows.length < pageSize, toTagged)
}
