import { ConnectorError, session, type CallContext, schema } from '@casare/core'
import { withRetries } from '@casare/sql'
import { z } from 'zod'
import type { PostgresqlDatabase } from '../database.ts'
import type { PostgresqlClient } from '../postgresql-client.ts'
import { runTransaction, type TransactionInput } from './run-transaction.ts'

/** Runs a callback in one transaction. */
export const transaction = session({
  description: 'Runs a callback in one transaction: committed where it resolves, rolled back where it throws.',
  input: schema(() =>
    z.strictObject({
      isolation: z
        .enum(['read committed', 'repeatable read', 'serializable'])
        .default('read committed')
        .describe('What it sees of others (https://www.postgresql.org/docs/current/transaction-iso.html).'),
      readOnly: z.boolean().default(false).describe('The server refuses every change.'),
      retries: z
        .number()
        .int()
        .min(0)
        .max(100)
        .default(0)
        .describe(
          'How often the callback is called again after a serialization failure or deadlock (40001, 40P01). It must be fit for that.',
        ),
      traceable: z
        .boolean()
        .default(true)
        .describe(
          'Asks for the id of the transaction before its commit, one round trip, so that a commit whose answer is lost can be looked up.',
        ),
    }),
  ),
  run: <Result>(
    database: PostgresqlDatabase,
    input: TransactionInput & { readonly retries: number },
    context: CallContext,
    work: (client: PostgresqlClient) => Promise<Result>,
  ): Promise<Result> =>
    withRetries(input.retries, context.signal, isSerializationFailure, () =>
      runTransaction(database, input, context, work),
    ),
})

function isSerializationFailure(error: unknown): boolean {
  return ConnectorError.is(error) && (error.vendorCode === '40001' || error.vendorCode === '40P01')
}
