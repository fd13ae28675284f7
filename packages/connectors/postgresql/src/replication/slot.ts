import { ConnectorError } from '@casare/core'
import type { Client } from 'pg'
import type { Times } from '../backend/backend.ts'
import type { PostgresqlDatabase } from '../database.ts'
import { quote, quoteTable } from '../identifiers.ts'
import { plain, runOne } from '../postgresql-client.ts'
import { toParameters } from '../values/to-parameter.ts'

/** What changes are read through. */
export interface ChangesInput {
  readonly slot: string
  readonly publication: string
  readonly create: boolean
  readonly tables?: readonly { readonly table: string; readonly schema?: string | undefined }[] | undefined
}

/** Makes publication and slot where they are missing and wanted (https://www.postgresql.org/docs/current/logical-replication.html). */
export async function prepareSlot(
  database: PostgresqlDatabase,
  client: Client,
  input: ChangesInput,
  times: Times,
): Promise<void> {
  const { slot, publication, create } = input
  const { rows } = await runOne(
    database,
    {
      text: `select exists (select from pg_catalog.pg_publication where pubname = $1) as publication,
        exists (select from pg_catalog.pg_replication_slots where slot_name = $2) as slot,
        pg_catalog.current_setting('wal_level') as level`,
      values: toParameters([publication, slot]),
    },
    times,
  )
  const [found] = rows
  if (found?.['level'] !== 'logical') throw notLogical(String(found?.['level']))
  if (found['publication'] !== true) {
    if (!create || database.readOnly) throw missing('publication', publication)
    await database.run([plain(`create publication ${quote(publication)} for ${published(input)}`)], times)
  }
  if (found['slot'] !== true) {
    if (!create || database.readOnly) throw missing('replication slot', slot)
    await client.query(`CREATE_REPLICATION_SLOT ${quote(slot)} LOGICAL pgoutput NOEXPORT_SNAPSHOT`)
  }
}

function published({ tables }: ChangesInput): string {
  return tables === undefined
    ? 'all tables'
    : `table ${tables.map(({ table, schema }) => quoteTable(table, schema)).join(', ')}`
}

function missing(what: string, name: string): ConnectorError {
  return new ConnectorError({
    code: 'not_found',
    message: `PostgreSQL: there is no ${what} "${name}". Make it, or say create: true.`,
  })
}

function notLogical(level: string): ConnectorError {
  return new ConnectorError({
    code: 'unsupported',
    message: `PostgreSQL: changes need the server's setting wal_level to be "logical"; it is "${level}". It takes a restart of the server.`,
  })
}
