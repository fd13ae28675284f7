import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { runOne, type PostgresqlClient } from '../postgresql-client.ts'

/** https://www.postgresql.org/docs/current/catalog-pg-class.html */
const text = `
  select n.nspname as schema, c.relname as name, c.relkind in ('v', 'm') as view
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
    and case when $1::text is null then n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%' else n.nspname = $1 end
  order by n.nspname, c.relname`

/** Lists tables and views. */
export const listTables = operation({
  description: 'Lists the tables and views of the database, without those of the system.',
  effect: 'read',
  input: schema(() => z.strictObject({ schema: z.string().min(1).optional().describe('Only those of this schema.') })),
  output: schema(() =>
    z.object({
      tables: z.array(z.object({ schema: z.string(), name: z.string(), kind: z.enum(['table', 'view']) })),
    }),
  ),
  async run(client: PostgresqlClient, { schema }, context) {
    const { rows } = await runOne(client, { text, values: [schema ?? null] }, context)
    return {
      tables: rows.map(({ schema: of, name, view }) => ({
        schema: String(of),
        name: String(name),
        kind: view === true ? ('view' as const) : ('table' as const),
      })),
    }
  },
})
