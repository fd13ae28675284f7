import { ConnectorError, type WriteFailure } from '@casare/core'
import { groupByFields, shapeOnce, valuesOf, type Fields } from '@casare/sql'
import { quote, quoteTable } from '../identifiers.ts'
import type { MysqlClient } from '../mysql-client.ts'
import type { Times } from '../server/server-connection.ts'
import type { Step } from '../server/statement.ts'
import { columnsOf, readTable, type Column, type Table } from '../table.ts'
import { columnParameter, maxParameters, type Parameter } from '../values/to-parameter.ts'

export interface WriteInput {
  readonly table: string
  readonly schema?: string | undefined
  readonly key?: readonly string[] | undefined
  readonly onConflict: 'update' | 'ignore' | 'fail'
}

const maxStatementRows = 1_000
/** A statement is far below the server's max_allowed_packet, which is 16 MiB by default. */
const maxStatementCharacters = 1_048_576

/**
 * Writes a batch by `insert … values (…), (…)` with bound values. Where that takes several statements, they are one
 * transaction. Records that cannot be sent are failures of their own; a batch that the server refuses is thrown, for the
 * runtime to find the record that is to blame.
 */
export async function writeRows(
  client: MysqlClient,
  records: readonly Fields[],
  input: WriteInput,
  times: Times,
): Promise<WriteFailure[]> {
  const failures: WriteFailure[] = []
  const table = await tableFor(client, input, times)
  try {
    const steps = groupByFields(records, failures).flatMap((group) => {
      const columns = columnsOf(table, group.fields)
      if (input.key !== undefined) refuseWithoutIndex(table, columnsOf(table, input.key), input)
      return stepsFor(
        table,
        columns,
        valuesOf(group, columns, failures, (column, value) => columnParameter(column, value)),
        input,
      )
    })
    const [only] = steps
    if (steps.length === 1 && only !== undefined && !client.scoped) await client.run(only, times)
    else if (steps.length > 0)
      await client.atomically(times, async (connection) => {
        for (const step of steps) await connection.run(step, times)
      })
  } catch (error) {
    client.tables.delete(input)
    throw error
  }
  return failures
}

/** The statements that write these rows: few sizes, so that prepared ones are used again. */
function stepsFor(
  table: Table,
  columns: readonly Column[],
  rows: readonly (readonly Parameter[])[],
  input: WriteInput,
): Step[] {
  const size = Math.max(1, Math.min(maxStatementRows, Math.floor(maxParameters / columns.length)))
  const steps: Step[] = []
  let values: Parameter[] = []
  let count = 0
  let characters = 0
  const flush = (): void => {
    if (count > 0) steps.push({ text: insertText(table, columns, count, input), values })
    values = []
    count = 0
    characters = 0
  }
  for (const row of rows) {
    const length = lengthOf(row)
    if (count === size || (count > 0 && characters + length > maxStatementCharacters)) flush()
    for (const value of row) values.push(value)
    count += 1
    characters += length
  }
  flush()
  return steps
}

function lengthOf(row: readonly Parameter[]): number {
  let length = 0
  for (const value of row) length += typeof value === 'string' || Buffer.isBuffer(value) ? value.length : 8
  return length
}

function insertText(
  { name, schema }: Table,
  columns: readonly Column[],
  rows: number,
  { key, onConflict }: WriteInput,
): string {
  const names = columns.map((column) => quote(column.name))
  const tuple = `(${columns.map(() => '?').join(', ')})`
  const tuples = Array.from({ length: rows }, () => tuple).join(', ')
  const insert = `insert into ${quoteTable(name, schema)} (${names.join(', ')}) values ${tuples}`
  if (key === undefined || onConflict === 'fail') return insert
  const quotedKey = key.map(quote)
  const updates = onConflict === 'ignore' ? [] : names.filter((column) => !quotedKey.includes(column))
  // Setting the key to itself changes nothing; INSERT IGNORE would pass over other errors, too.
  const [first = ''] = quotedKey
  const set =
    updates.length === 0 ? `${first} = ${first}` : updates.map((column) => `${column} = values(${column})`).join(', ')
  return `${insert} on duplicate key update ${set}`
}

function tableFor(client: MysqlClient, input: WriteInput, times: Times): Promise<Table> {
  return shapeOnce(client.tables, input, () => readTable(client, input, times))
}

/** Without a unique index every row would be inserted again. */
function refuseWithoutIndex(table: Table, key: readonly Column[], input: WriteInput): void {
  if (input.onConflict === 'fail') return
  const names = key.map(({ name }) => name)
  const matches = table.uniqueKeys.some(
    (unique) => unique.length === names.length && unique.every((one) => names.includes(one)),
  )
  if (!matches)
    throw new ConnectorError({
      code: 'invalid_input',
      message: `MySQL: table "${table.name}" has no primary key or unique index on just the columns of "key".`,
    })
}
