import { ConnectorError, invalidInput, type WriteFailure } from '@casare/core'
import type { Backend, Times } from '../backend/backend.ts'
import type { Step } from '../backend/statement.ts'
import { isServerError } from '../errors.ts'
import { quote } from '../identifiers.ts'
import { runOne, type PostgresqlClient } from '../postgresql-client.ts'
import { columnsOf, readTable, type Column, type Table } from '../table.ts'
import { toParameter, type Parameter } from '../values/to-parameter.ts'
import { copyRows } from './copy-rows.ts'
import { insertText, unnestStep, valuesSteps, type InsertTarget } from './insert-text.ts'

export interface WriteInput {
  readonly table: string
  readonly schema?: string | undefined
  readonly key?: readonly string[] | undefined
  readonly onConflict: 'update' | 'ignore' | 'fail'
}

type Fields = Readonly<Record<string, unknown>>

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
  const table = await tableFor(client, input, times)
  const targets = groups.map((group) => ({ group, target: targetOf(table, group.fields, input) }))
  try {
    const [only] = targets
    if (targets.length === 1 && only !== undefined && !client.scoped)
      await writeGroup(client, only.group, only.target, times)
    else if (only !== undefined)
      await client.atomically(times, async (backend) => {
        for (const { group, target } of targets) await writeWith(backend, group, target, times)
      })
  } catch (error) {
    throw explained(error, targets[0]?.target)
  }
  return failures
}

interface Group {
  readonly fields: readonly string[]
  readonly rows: Parameter[][]
}

/** One statement needs no transaction around it. */
async function writeGroup(client: PostgresqlClient, group: Group, target: InsertTarget, times: Times): Promise<void> {
  if (usesCopy(group, target)) return client.holding(times, (backend) => copyRows(backend, target, group.rows, times))
  const steps = stepsFor(group, target)
  if (steps.length === 1) await runOne(client, steps[0] as Step, times)
  else await client.run(steps, times)
}

async function writeWith(backend: Backend, group: Group, target: InsertTarget, times: Times): Promise<void> {
  if (usesCopy(group, target)) await copyRows(backend, target, group.rows, times)
  else await backend.run(stepsFor(group, target), times)
}

function usesCopy({ rows }: Group, { conflict, table }: InsertTarget): boolean {
  return conflict === '' && rows.length >= copyFrom && table.kind === 'table'
}

function stepsFor({ rows }: Group, target: InsertTarget): Step[] {
  const [first] = rows
  if (rows.length === 1 && first !== undefined) return [{ text: insertText(target, 1), values: first }]
  return target.columns.every(({ spreads }) => spreads) ? [unnestStep(target, rows)] : valuesSteps(target, rows)
}

/** The shape of the table, looked up once per write: all its batches have the same input. */
function tableFor(client: PostgresqlClient, input: WriteInput, times: Times): Promise<Table> {
  return readTable(client, input, times)
}

/** Neighbouring records with the same fields go together; the order of records stays. */
function groupByFields(records: readonly Fields[], failures: WriteFailure[]): Group[] {
  const groups: Group[] = []
  let current: Group | undefined
  for (const [index, record] of records.entries()) {
    const fields = current !== undefined && sameFields(record, current.fields) ? current.fields : Object.keys(record)
    try {
      if (fields.length === 0) throw invalidInput('The record has no fields.')
      const row = fields.map((field) => toParameter(record[field], field))
      if (current?.fields !== fields) groups.push((current = { fields, rows: [] }))
      current.rows.push(row)
    } catch (error) {
      failures.push({ index, error })
    }
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
