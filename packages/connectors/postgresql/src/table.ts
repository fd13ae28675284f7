import type { ConnectorError } from '@casare/core'
import {
  columnsOf as columnsOfTable,
  requireColumns as requireColumnsOf,
  unknownTable,
  type TableName,
} from '@casare/sql'
import type { Times } from './backend/backend.ts'
import { visibleTables } from './database.ts'
import { title } from './errors.ts'
import { runOne, type PostgresqlClient } from './postgresql-client.ts'
import { toParameters } from './values/to-parameter.ts'

/** A column as PostgreSQL declares it. */
export interface Column {
  readonly name: string
  /** As in its declaration: `character varying(10)`. */
  readonly type: string
  /** Without its modifiers, for casts that must change nothing: `character varying`. */
  readonly castType: string
  /** Arrays, and types made of several values, cannot be spread from a list of values. */
  readonly spreads: boolean
  readonly isJson: boolean
  readonly nullable: boolean
  readonly default: string | null
}

/** What streams and operations need to know of a table. */
export interface Table {
  readonly schema: string
  readonly name: string
  readonly kind: 'table' | 'view'
  /** May its rows be told apart by where they lie? Not those of views, partitioned and foreign tables. */
  readonly hasRowPlace: boolean
  readonly columns: readonly Column[]
  readonly primaryKey: readonly string[]
}

/** https://www.postgresql.org/docs/current/catalog-pg-attribute.html */
const text = `
  select n.nspname as schema, c.relname as name, c.relkind as kind, a.attname as column,
    pg_catalog.format_type(a.atttypid, a.atttypmod) as type, pg_catalog.format_type(a.atttypid, -1) as cast_type,
    t.typcategory not in ('A', 'C') and t.typtype <> 'p' as spreads, not a.attnotnull as nullable,
    pg_catalog.pg_get_expr(d.adbin, d.adrelid) as "default",
    (select pg_catalog.array_position(i.indkey::smallint[], a.attnum)
      from pg_catalog.pg_index i where i.indrelid = c.oid and i.indisprimary) as key
  from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type t on t.oid = a.atttypid
    left join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'f')
    and case when $2::text is null then pg_catalog.pg_table_is_visible(c.oid) else n.nspname = $2 end
  order by a.attnum`

/**
 * Reads the shape of a table or view.
 * @throws `not_found`, naming the tables nearest.
 */
export async function readTable(client: PostgresqlClient, { table, schema }: TableName, times: Times): Promise<Table> {
  const { rows } = await runOne(client, { text, values: toParameters([table, schema ?? null]) }, times)
  const [first] = rows
  if (first === undefined) throw await missingTable(client, { table, schema }, times)
  const keyed = rows.filter(({ key }) => key !== null).sort((a, b) => Number(a['key']) - Number(b['key']))
  const kind = String(first['kind'])
  return {
    schema: String(first['schema']),
    name: String(first['name']),
    kind: kind === 'v' || kind === 'm' ? 'view' : 'table',
    hasRowPlace: kind === 'r' || kind === 'm',
    columns: rows.map((row) => ({
      name: String(row['column']),
      type: String(row['type']),
      castType: String(row['cast_type']),
      spreads: row['spreads'] === true,
      isJson: row['type'] === 'json' || row['type'] === 'jsonb',
      nullable: row['nullable'] === true,
      default: (row['default'] ?? null) as string | null,
    })),
    primaryKey: keyed.map((row) => String(row['column'])),
  }
}

async function missingTable(
  client: PostgresqlClient,
  { table, schema }: TableName,
  times: Times,
): Promise<ConnectorError> {
  const known =
    schema === undefined
      ? await visibleTables(client, times)
      : (
          await runOne(
            client,
            {
              text: 'select table_name as name from information_schema.tables where table_schema = $1 limit 2000',
              values: toParameters([schema]),
            },
            times,
          )
        ).rows.map(({ name }) => String(name))
  return unknownTable(title, { table, schema }, known)
}

/** @throws `invalid_input`, naming the columns nearest. */
export function requireColumns(table: Table, names: readonly string[]): void {
  requireColumnsOf(title, table, names)
}

/** The columns of these names, in their order. */
export function columnsOf(table: Table, names: readonly string[]): Column[] {
  return columnsOfTable(title, table, names)
}
