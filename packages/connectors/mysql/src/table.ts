import type { ConnectorError } from '@casare/core'
import {
  columnsOf as columnsOfTable,
  requireColumns as requireColumnsOf,
  unknownTable,
  type TableName,
} from '@casare/sql'
import { knownTables } from './database.ts'
import { title } from './errors.ts'
import { quoteTable } from './identifiers.ts'
import type { MysqlClient } from './mysql-client.ts'
import type { Times } from './server/server-connection.ts'

/** A column as MySQL declares it. */
export interface Column {
  readonly name: string
  /** As in its declaration: `varchar(10)`. */
  readonly type: string
  /** Without its modifiers: `varchar`. */
  readonly baseType: string
  readonly isJson: boolean
  /** Does it hold points in time? */
  readonly isTime: boolean
  readonly nullable: boolean
  readonly default: string | null
}

/** What streams and operations need to know of a table. */
export interface Table {
  readonly schema: string
  readonly name: string
  readonly columns: readonly Column[]
  readonly primaryKey: readonly string[]
  /** Columns of each unique index, the primary key's first. */
  readonly uniqueKeys: readonly (readonly string[])[]
}

/** https://mariadb.com/kb/en/information-schema-columns-table/ */
const columnsText = `
  select table_schema as \`schema\`, table_name as name, column_name as \`column\`, column_type as type,
    data_type as base_type, is_nullable as nullable, column_default as \`default\`
  from information_schema.columns where table_schema = ifnull(?, database()) and table_name = ? order by ordinal_position`

/** https://mariadb.com/kb/en/information-schema-statistics-table/ */
const keysText = `
  select index_name as name, column_name as \`column\`, sub_part as part from information_schema.statistics
  where table_schema = ifnull(?, database()) and table_name = ? and non_unique = 0
  order by index_name <> 'PRIMARY', index_name, seq_in_index`

/**
 * Reads the shape of a table or view.
 * @throws `not_found`, naming the tables nearest; `invalid_input` for a name that cannot be.
 */
export async function readTable(client: MysqlClient, { table, schema }: TableName, times: Times): Promise<Table> {
  quoteTable(table, schema)
  const values = [schema ?? null, table]
  const { rows } = await client.run({ text: columnsText, values }, times)
  const [first] = rows
  if (first === undefined) throw await missingTable(client, { table, schema }, times)
  const keys = (await client.run({ text: keysText, values }, times)).rows
  const columnsOfKey = (name: string): string[] =>
    keys.filter((one) => one['name'] === name).map((one) => String(one['column']))
  // An index on the first part of a column does not tell its values apart.
  const partial = new Set(keys.filter(({ part }) => part !== null).map(({ name }) => String(name)))
  const names = [...new Set(keys.map(({ name }) => String(name)))].filter((name) => !partial.has(name))
  return {
    schema: String(first['schema']),
    name: String(first['name']),
    columns: rows.map((row) => {
      const baseType = asText(row['base_type']).toLowerCase()
      return {
        name: String(row['column']),
        type: asText(row['type']),
        baseType,
        isJson: baseType === 'json',
        isTime: baseType === 'datetime' || baseType === 'timestamp',
        nullable: row['nullable'] === 'YES',
        default: row['default'] === null ? null : asText(row['default']),
      }
    }),
    primaryKey: columnsOfKey('PRIMARY'),
    uniqueKeys: names.map(columnsOfKey),
  }
}

/** MySQL 8 gives some of these as bytes. */
function asText(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString() : String(value)
}

async function missingTable(client: MysqlClient, name: TableName, times: Times): Promise<ConnectorError> {
  return unknownTable(title, name, await knownTables(client, name.schema, times))
}

/** @throws `invalid_input`, naming the columns nearest. */
export function requireColumns(table: Table, names: readonly string[]): void {
  requireColumnsOf(title, table, names)
}

/** The columns of these names, in their order. */
export function columnsOf(table: Table, names: readonly string[]): Column[] {
  return columnsOfTable(title, table, names)
}
