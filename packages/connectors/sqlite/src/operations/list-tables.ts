import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { SqliteClient } from '../engine-client.ts'

const text =
  "select name, type from sqlite_schema where type in ('table', 'view') and name not like 'sqlite\\_%' escape '\\' order by name"

/** Lists tables and views. */
export const listTables = operation({
  description: 'Lists the tables and views of the database.',
  effect: 'read',
  input: schema(() => z.strictObject({})),
  output: schema(() => z.object({ tables: z.array(z.object({ name: z.string(), kind: z.enum(['table', 'view']) })) })),
  async run(client: SqliteClient, _input, context) {
    const rows = await client.query({ text, values: [] }, context)
    return {
      tables: rows.map(({ name, type }) => ({
        name: String(name),
        kind: type === 'view' ? ('view' as const) : ('table' as const),
      })),
    }
  },
})
