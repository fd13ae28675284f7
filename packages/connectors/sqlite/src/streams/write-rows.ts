import { ConnectorError, isError, type WriteFailure } from '@casare/core'
import { groupByFields, valuesOf, type Fields } from '@casare/sql'
import type { SqliteClient, Times } from '../engine-client.ts'
import type { SqliteValue } from '../engine/engine.ts'
import { quote } from '../identifiers.ts'
import { readTable, requireColumns } from '../table.ts'
import { toSqlite } from '../values.ts'

export interface WriteInput {
  readonly table: string
  readonly key?: readonly string[] | undefined
  readonly onConflict: 'update' | 'ignore' | 'fail'
  readonly create: boolean
}

/**
 * Writes a batch with one prepared statement per set of fields, in one transaction. Records that cannot be stored are
 * failures of their own; a batch that the database refuses is thrown, for the runtime to find the record that is to blame.
 */
export async function writeRows(
  client: SqliteClient,
  records: readonly Fields[],
  input: WriteInput,
  times: Times,
): Promise<WriteFailure[]> {
  const failures: WriteFailure[] = []
  for (const { fields, ...found } of groupByFields(records, failures)) {
    const columns = fields.map((name) => ({ name }))
    const group: Group = { fields, rows: valuesOf({ fields, ...found }, columns, failures, columnValue) }
    if (group.rows.length === 0) continue
    try {
      await client.executeMany(insertText(group.fields, input), group.rows, times)
    } catch (error) {
      const mended = await mend(client, group, input, times, error)
      if (!mended) throw await explained(client, group.fields, input, times, error)
      await client.executeMany(insertText(group.fields, input), group.rows, times)
    }
  }
  return failures
}

interface Group {
  readonly fields: readonly string[]
  readonly rows: SqliteValue[][]
}

/** Numbers, which are most, pass without a call. */
function columnValue({ name }: { readonly name: string }, value: unknown): SqliteValue {
  return typeof value === 'number' && !Number.isNaN(value) ? value : toSqlite(value, name)
}

function insertText(fields: readonly string[], { table, key, onConflict }: WriteInput): string {
  const columns = fields.map(quote)
  const insert = `insert into ${quote(table)} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`
  if (key === undefined || onConflict === 'fail') return insert
  const target = `on conflict (${key.map(quote).join(', ')})`
  const updates = fields
    .filter((field) => !key.includes(field))
    .map((field) => `${quote(field)} = excluded.${quote(field)}`)
  return onConflict === 'ignore' || updates.length === 0
    ? `${insert} ${target} do nothing`
    : `${insert} ${target} do update set ${updates.join(', ')}`
}

/** Creates the missing table, where that was asked for. */
async function mend(
  client: SqliteClient,
  group: Group,
  input: WriteInput,
  times: Times,
  error: unknown,
): Promise<boolean> {
  if (!input.create || !isError(error) || !/no such table/.test(error.message)) return false
  const columns = group.fields.map(
    (field, index) => `${quote(field)} ${typeFor(group.rows.map((row) => row[index] ?? null))}`,
  )
  const key = input.key === undefined ? '' : `, primary key (${input.key.map(quote).join(', ')})`
  await client.execute(
    { text: `create table if not exists ${quote(input.table)} (${columns.join(', ')}${key})`, values: [] },
    times,
  )
  return true
}

/** A column type that keeps each of the values as it is (https://www.sqlite.org/datatype3.html#affinity). */
function typeFor(values: readonly SqliteValue[]): string {
  const kinds = new Set(values.filter((value) => value !== null).map(kindOf))
  if (kinds.size === 1) return [...kinds][0] ?? 'blob'
  if (kinds.size === 2 && kinds.has('integer') && kinds.has('real')) return 'real'
  // BLOB affinity converts nothing.
  return 'blob'
}

function kindOf(value: SqliteValue): string {
  if (typeof value === 'bigint') return 'integer'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'real'
  return typeof value === 'string' ? 'text' : 'blob'
}

/** Says which table, column or key is missing, where that is the reason; else the error as it is. */
async function explained(
  client: SqliteClient,
  fields: readonly string[],
  input: WriteInput,
  times: Times,
  error: unknown,
): Promise<unknown> {
  if (!isError(error) || !/no such (table|column)|has no column|ON CONFLICT clause/.test(error.message)) return error
  try {
    requireColumns(await readTable(client, input.table, times), [...fields, ...(input.key ?? [])])
  } catch (better) {
    return better
  }
  return new ConnectorError({
    code: 'invalid_input',
    message: `SQLite: table "${input.table}" has no primary key or unique index on (${(input.key ?? []).join(', ')}), which "key" needs.`,
    cause: error,
  })
}
