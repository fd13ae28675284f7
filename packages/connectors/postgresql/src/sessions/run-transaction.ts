import { ConnectorError, type CallContext } from '@casare/core'
import type { Backend, Times } from '../backend/backend.ts'
import type { PostgresqlDatabase } from '../database.ts'
import { beginning, plain, type PostgresqlClient } from '../postgresql-client.ts'
import { TransactionClient } from '../transaction-client.ts'
import { lookUpCommit, type UnansweredCommit } from './look-up-commit.ts'
import { serverLifeOf } from './server-life.ts'

export interface TransactionInput {
  readonly isolation: 'read committed' | 'repeatable read' | 'serializable'
  readonly readOnly: boolean
  readonly traceable: boolean
}

/** One try at a transaction. */
export async function runTransaction<Result>(
  database: PostgresqlDatabase,
  input: TransactionInput,
  context: CallContext,
  work: (client: PostgresqlClient) => Promise<Result>,
): Promise<Result> {
  const readOnly = input.readOnly || database.readOnly
  const traceable = input.traceable && !readOnly
  const ending = await database.holding(context, async (backend): Promise<Ending<Result>> => {
    const life = traceable ? await serverLifeOf(backend, context).catch(nothingCommitted) : undefined
    await backend.run(beginning(`isolation level ${input.isolation}`, readOnly), context)
    const result = await runWork(backend, context, work)
    const id = traceable ? await idOf(backend, context).catch(nothingCommitted) : undefined
    try {
      await commit(backend, context)
      return { result }
    } catch (error) {
      if (id === undefined || !ConnectorError.is(error) || error.applied !== 'maybe') throw error
      return { result, unanswered: { id, life, error } }
    }
  })
  if (ending.unanswered !== undefined) await lookUpCommit(database, ending.unanswered)
  return ending.result
}

interface Ending<Result> {
  readonly result: Result
  /** The answer to the commit is lost. */
  readonly unanswered?: UnansweredCommit | undefined
}

async function runWork<Result>(
  backend: Backend,
  context: CallContext,
  work: (client: PostgresqlClient) => Promise<Result>,
): Promise<Result> {
  const client = new TransactionClient(backend)
  try {
    const result = await work(client)
    context.signal.throwIfAborted()
    client.refuseEnded()
    return result
  } finally {
    client.end()
  }
}

/** The transaction's id, where it has changed something (https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT). */
async function idOf(backend: Backend, times: Times): Promise<string | undefined> {
  if (!backend.inTransaction) return undefined
  try {
    const [found] = await backend.run([plain('select pg_catalog.txid_current_if_assigned()::text as id')], times)
    return (found?.rows[0]?.['id'] ?? undefined) as string | undefined
  } catch (error) {
    // Of a transaction that has failed the commit says so, and better.
    if (backend.inTransaction && !backend.isLost) return undefined
    throw error
  }
}

/** Before COMMIT is sent: with its connection the server gives the transaction up. */
function nothingCommitted(error: unknown): never {
  if (!ConnectorError.is(error)) throw error
  throw ConnectorError.with(error, {}, { applied: 'no', message: `${error.message} Nothing was committed.` })
}

async function commit(backend: Backend, times: Times): Promise<void> {
  const [done] = await backend.run([plain('commit')], times)
  if (done?.command === 'ROLLBACK')
    throw new ConnectorError({
      code: 'conflict',
      applied: 'no',
      message:
        'PostgreSQL: the transaction was rolled back, not committed: a statement in it had failed. Let its error leave the callback, or guard the statement with a savepoint.',
    })
}
