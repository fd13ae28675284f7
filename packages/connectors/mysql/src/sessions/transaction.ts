import { ConnectorError, session, type CallContext, schema } from '@casare/core'
import { withRetries } from '@casare/sql'
import { z } from 'zod'
import type { MysqlDatabase } from '../database.ts'
import type { MysqlClient } from '../mysql-client.ts'
import { TransactionClient } from '../transaction-client.ts'

interface TransactionInput {
  readonly isolation: 'read committed' | 'repeatable read' | 'serializable'
  readonly readOnly: boolean
  readonly retries: number
}

/** Runs a callback in one transaction. */
export const transaction = session({
  description:
    'Runs a callback in one transaction: committed where it resolves, rolled back where it throws. MySQL commits before CREATE, ALTER and DROP, so these are refused in it.',
  input: schema(() =>
    z.strictObject({
      isolation: z
        .enum(['read committed', 'repeatable read', 'serializable'])
        .default('repeatable read')
        .describe(
          'What it sees of others (https://dev.mysql.com/doc/refman/8.4/en/innodb-transaction-isolation-levels.html).',
        ),
      readOnly: z.boolean().default(false).describe('The server refuses every change.'),
      retries: z
        .number()
        .int()
        .min(0)
        .max(100)
        .default(0)
        .describe(
          'How often the callback is called again after a deadlock or a lock wait (1213, 1205). It must be fit for that.',
        ),
    }),
  ),
  run: <Result>(
    database: MysqlDatabase,
    input: TransactionInput,
    context: CallContext,
    work: (client: MysqlClient) => Promise<Result>,
  ): Promise<Result> =>
    withRetries(input.retries, context.signal, isLockFailure, () => runOnce(database, input, context, work)),
})

function runOnce<Result>(
  database: MysqlDatabase,
  { isolation, readOnly }: TransactionInput,
  context: CallContext,
  work: (client: MysqlClient) => Promise<Result>,
): Promise<Result> {
  return database.holding(context, async (connection) => {
    await connection.text(`set transaction isolation level ${isolation}`, context)
    await connection.text(`start transaction ${readOnly || database.readOnly ? 'read only' : 'read write'}`, context)
    const client = new TransactionClient(connection)
    try {
      const result = await work(client)
      context.signal.throwIfAborted()
      client.refuseEnded()
      client.end()
      await connection.text('commit', context)
      return result
    } finally {
      client.end()
    }
  })
}

function isLockFailure(error: unknown): boolean {
  return ConnectorError.is(error) && (error.vendorCode === '1213' || error.vendorCode === '1205')
}
