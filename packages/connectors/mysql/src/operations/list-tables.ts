import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { MysqlClient } from '../mysql-client.ts'

/** https://mariadb.com/kb/en/information-schema-tables-table/ */
const text = `
  select table_schema as \`schema\`, table_name as name, table_type like '%VIEW' as view
  from information_schema.tables where table_schema = ifnull(?, database()) order by table_name`

/** Lists tables and views. */
export const listTables = operation({
  description: 'Lists the tables and views of a database.',
  effect: 'read',
  input: schema(() =>
    z.strictObject({
      schema: z.string().min(1).optional().describe('The database. Default: that of the connection.'),
    }),
  ),
  output: schema(() =>
    z.object({
      tables: z.array(z.object({ schema: z.string(), name: z.string(), kind: z.enum(['table', 'view']) })),
    }),
  ),
  async run(client: MysqlClient, { schema }, context) {
    const { rows } = await client.run({ text, values: [schema ?? null] }, context)
    return {
      tables: rows.map(({ schema: of, name, view }) => ({
        schema: String(of),
        name: String(name),
        kind: Number(view) === 1 ? ('view' as const) : ('table' as const),
      })),
    }
  },
})
