import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { MysqlClient } from '../mysql-client.ts'
import { readTable } from '../table.ts'

/** Tells the columns of a table. */
export const describeTable = operation({
  description: 'Tells the columns of a table or view, and its primary key.',
  effect: 'read',
  input: schema(() =>
    z.strictObject({
      table: z.string().min(1).describe('Name of the table or view.'),
      schema: z.string().min(1).optional().describe('Its database. Default: that of the connection.'),
    }),
  ),
  output: schema(() =>
    z.object({
      schema: z.string(),
      columns: z.array(
        z.object({ name: z.string(), type: z.string(), nullable: z.boolean(), default: z.string().nullable() }),
      ),
      primaryKey: z.array(z.string()),
    }),
  ),
  errors: ['not_found', 'invalid_input'],
  async run(client: MysqlClient, input, context) {
    const { schema, columns, primaryKey } = await readTable(client, input, context)
    return {
      schema,
      columns: columns.map(({ name, type, nullable, default: value }) => ({ name, type, nullable, default: value })),
      primaryKey: [...primaryKey],
    }
  },
})
