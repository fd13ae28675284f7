import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { SqliteClient } from '../engine-client.ts'
import { readTable } from '../table.ts'

/** Tells the columns of a table. */
export const describeTable = operation({
  description: 'Tells the columns of a table or view, and its primary key.',
  effect: 'read',
  input: schema(() => z.strictObject({ table: z.string().min(1) })),
  output: schema(() =>
    z.object({
      columns: z.array(
        z.object({ name: z.string(), type: z.string(), nullable: z.boolean(), default: z.string().nullable() }),
      ),
      primaryKey: z.array(z.string()),
    }),
  ),
  errors: ['not_found'],
  async run(client: SqliteClient, { table }, context) {
    const { columns, primaryKey } = await readTable(client, table, context)
    return {
      columns: columns.map(({ name, type, nullable, default: value }) => ({ name, type, nullable, default: value })),
      primaryKey: [...primaryKey],
    }
  },
})
