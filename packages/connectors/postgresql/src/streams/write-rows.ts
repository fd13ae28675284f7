import { ConnectorError, type WriteFailure } from '@casare/core'
import { groupByFields, shapeOnce, valuesOf, type Fields, type RecordGroup } from '@casare/sql'
import type { Backend, Times } from '../backend/backend.ts'
import type { Step } from '../backend/statement.ts'
import { isServerError } from '../errors.ts'
import { quote } from '../identifiers.ts'
import type { PostgresqlClient } from '../postgresql-client.ts'
import { columnsOf, readTable, type Column, type Table } from '../table.ts'
import { columnParameter, type Parameter } from '../values/to-parameter.ts'
import { copyRows } from './copy-rows.ts'
import { insertText, unnestStep, valuesSteps, type InsertTarget } from './insert-text.ts'

export interface WriteInput {
  readonly table: string
  readonly schema?: string | undefined
  readonly key?: readonly string[] | undefined
  readonly onConflict: 'update' | 'ignore' | 'fail'
}

/** From how many rows on COPY is faster than a list of values. */
const copyFrom = 100

/**
 * Writes a batch: one row by `values`, many by `unnest`, and many that cannot meet rows that are there by COPY; all of it
 * in one transaction. Records that cannot be sent are failures of their own; a batch that the server refuses is thrown, for
 * the runtime to find the record that is to blame.
 */
export async function writeRows(
  client: PostgresqlClient,
  records: readonly Fields[],
  input: WriteInput,
  times: Times,
): Promise<WriteFailure[]> {
  const failures: WriteFailure[] = []
  const groups = groupByFields(records, failures)
  let target: InsertTarget | undefined
  const writeEach = async (backend: Backend): Promise<void> => {
    for (const group of groups) {
      target = targetOf(await tableFor(client, input, times), group.fields, input)
      await writeGroup(backend, group, target, times, failures)
    }
  }
  try {
    // One statement needs no transaction around it; the shape of the table is looked up before one is open.
    await tableFor(client, input, times)
    if (groups.length === 1 && !client.scoped) await client.holding(times, writeEach)
    else await client.atomically(times, writeEach)
  } catch (error) {
    client.tables.delete(input)
    throw explained(error, target)
  }
  return failures
}

async function writeGroup(
  backend: Backend,
  group: RecordGroup,
  target: InsertTarget,
  times: Times,
  failures: WriteFailure[],
): Promise<void> {
  if (target.conflict === '' && group.records.length >= copyFrom && target.table.kind === 'table')
    return copyRows(backend, target, group, times, failures)
  const rows = valuesOf(group, target.columns, failures, columnParameter)
  if (rows.length > 0) await backend.run(stepsFor(rows, target), times)
}

function stepsFor(rows: readonly Parameter[][], target: InsertTarget): Step[] {
  const [first] = rows
  if (rows.length === 1 && first !== undefined) return [{ text: insertText(target, 1), values: first }]
  return target.columns.every(({ spreads }) => spreads) ? [unnestStep(target, rows)] : valuesSteps(target, rows)
}

function tableFor(client: PostgresqlClient, input: WriteInput, times: Times): Promise<Table> {
  return shapeOnce(client.tables, input, () => readTable(client, input, times))
}

function targetOf(table: Table, fields: readonly string[], { key, onConflict }: WriteInput): InsertTarget {
  const columns: Column[] = columnsOf(table, fields)
  if (key !== undefined) columnsOf(table, key)
  return { table, columns, conflict: conflictText(fields, key, onConflict) }
}

function conflictText(
  fields: readonly string[],
  key: readonly string[] | undefined,
  onConflict: WriteInput['onConflict'],
): string {
  if (key === undefined || onConflict === 'fail') return ''
  const target = `on conflict (${key.map(quote).join(', ')})`
  const updates = fields
    .filter((field) => !key.includes(field))
    .map((field) => `${quote(field)} = excluded.${quote(field)}`)
  return onConflict === 'ignore' || updates.length === 0
    ? ` ${target} do nothing`
    : ` ${target} do update set ${updates.join(', ')}`
}

/** Names the column where the server only tells a place: `unnamed portal parameter $3`, `COPY orders, line 3, column age`. */
function explained(error: unknown, target: InsertTarget | undefined): unknown {
  if (!ConnectorError.is(error) || !isServerError(error.cause) || target === undefined) return error
  const { code, column, where = '' } = error.cause
  if (code === '42P10')
    return ConnectorError.with(
      error,
      {},
      {
        code: 'invalid_input',
        message: `PostgreSQL: table "${target.table.name}" has no primary key or unique index on just the columns of "key".`,
      },
    )
  if (column !== undefined) return error
  const parameter = /parameter \$(\d+)/.exec(where)?.[1]
  const name =
    parameter === undefined
      ? /^COPY .*, line \d+, column ([^:]+)(?::|$)/.exec(where)?.[1]
      : target.columns[(Number(parameter) - 1) % target.columns.length]?.name
  if (name === undefined) return error
  return ConnectorError.with(error, {}, { message: `${error.message} Column "${name}".` })
}
