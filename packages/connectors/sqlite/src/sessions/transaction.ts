import { isError, session, type CallContext, schema } from '@casare/core'
import { z } from 'zod'
import type { SqliteDatabase } from '../database.ts'
import type { SqliteClient } from '../engine-client.ts'
import { TransactionScope } from './transaction-scope.ts'

/** Runs a callback in one transaction. */
export const transaction = session({
  description:
    'Runs a callback in one transaction: committed where it resolves, rolled back where it throws. One at a time.',
  input: schema(() =>
    z.strictObject({
      mode: z
        .enum(['deferred', 'immediate', 'exclusive'])
        .default('immediate')
        .describe('When the lock is taken (https://www.sqlite.org/lang_transaction.html).'),
    }),
  ),
  run: <Result>(
    database: SqliteDatabase,
    { mode }: { mode: 'deferred' | 'immediate' | 'exclusive' },
    context: CallContext,
    work: (client: SqliteClient) => Promise<Result>,
  ): Promise<Result> =>
    database.exclusively(context.signal, async (client) => {
      await client.execute({ text: `BEGIN ${mode.toUpperCase()}`, values: [] }, context)
      const scope = new TransactionScope(client)
      try {
        const result = await work(scope).finally(() => scope.end())
        context.signal.throwIfAborted()
        await client.execute({ text: 'COMMIT', values: [] }, context)
        return result
      } catch (error) {
        await rollBack(client, context)
        throw error
      }
    }),
})

/** SQLite ends a transaction by itself for some errors; then there is nothing left to roll back. */
async function rollBack(client: SqliteClient, context: CallContext): Promise<void> {
  try {
    await client.execute({ text: 'ROLLBACK', values: [] }, context)
  } catch (error) {
    if (!isError(error) || !/no transaction is active/.test(error.message)) throw error
  }
}
