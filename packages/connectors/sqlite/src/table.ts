import type { ConnectorError } from '@casare/core'
import { requireColumns as requireColumnsOf, unknownTable } from '@casare/sql'
import type { SqliteClient, Times } from './engine-client.ts'
import { title } from './errors.ts'

/** A column as SQLite declares it. */
export interface Column {
  readonly name: string
  readonly type: string
  readonly nullable: boolean
  readonly default: string | null
}

/** What streams and operations need to know of a table. */
export interface Table {
  readonly name: string
  readonly columns: readonly Column[]
  readonly primaryKey: readonly string[]
  /** Has the table a rowid to tell its rows apart by? Views and WITHOUT ROWID tables have none. */
  readonly rowid: boolean
}

/**
 * Reads the shape of a table or view (https://www.sqlite.org/pragma.html#pragfunc).
 * @throws `not_found`, naming the tables nearest.
 */
export async function readTable(client: SqliteClient, name: string, times: Times): Promise<Table> {
  const [columns, kinds] = [
    await client.query(
      { text: 'select name, type, "notnull", dflt_value, pk from pragma_table_info(?)', values: [name] },
      times,
    ),
    await client.query(
      { text: 'select type, wr from pragma_table_list where name = ? and schema = ?', values: [name, 'main'] },
      times,
    ),
  ]
  if (columns.length === 0) throw await missingTable(client, name, times)
  const keyed = columns.filter(({ pk }) => Number(pk) > 0).sort((a, b) => Number(a['pk']) - Number(b['pk']))
  return {
    name,
    columns: columns.map((row) => ({
      name: String(row['name']),
      type: String(row['type']),
      nullable: row['notnull'] === 0 && Number(row['pk']) === 0,
      default: row['dflt_value'] === null ? null : String(row['dflt_value']),
    })),
    primaryKey: keyed.map((row) => String(row['name'])),
    rowid: kinds[0]?.['type'] === 'table' && kinds[0]['wr'] === 0,
  }
}

async function missingTable(client: SqliteClient, name: string, times: Times): Promise<ConnectorError> {
  const rows = await client.query(
    { text: "select name from sqlite_schema where type in ('table', 'view')", values: [] },
    times,
  )
  return unknownTable(
    title,
    { table: name },
    rows.map((row) => String(row['name'])),
  )
}

/** @throws `invalid_input`, naming the columns nearest. */
export function requireColumns(table: Table, names: readonly string[]): void {
  requireColumnsOf(title, table, names)
}
