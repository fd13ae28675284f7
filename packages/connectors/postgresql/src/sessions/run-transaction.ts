import { ConnectorError, type CallContext } from '@casare/core'
import type { Backend, Times } from '../backend/backend.ts'
import type { PostgresqlDatabase } from '../database.ts'
import { beginning, plain, runOne, type PostgresqlClient } from '../postgresql-client.ts'
import { TransactionClient } from '../transaction-client.ts'
import { pause } from './pause.ts'

export interface TransactionInput {
  readonly isolation: 'read committed' | 'repeatable read' | 'serializable'
  readonly readOnly: boolean
  readonly traceable: boolean
}

const lookUpMs = 10_000
const pollMs = 50

/** One try at a transaction. */
export async function runTransaction<Result>(
  database: PostgresqlDatabase,
  input: TransactionInput,
  context: CallContext,
  work: (client: PostgresqlClient) => Promise<Result>,
): Promise<Result> {
  const readOnly = input.readOnly || database.readOnly
  const ending = await database.holding(context, async (backend): Promise<Ending<Result>> => {
    await backend.run(beginning(`isolation level ${input.isolation}`, readOnly), context)
    const result = await runWork(backend, context, work)
    const id = input.traceable && !readOnly ? await idOf(backend, context).catch(nothingCommitted) : undefined
    try {
      await commit(backend, context)
      return { result }
    } catch (error) {
      if (id === undefined || !ConnectorError.is(error) || error.applied !== 'maybe') throw error
      return { result, unanswered: { id, error } }
    }
  })
  if (ending.unanswered !== undefined) await lookUp(database, ending.unanswered)
  return ending.result
}

interface Ending<Result> {
  readonly result: Result
  /** The answer to the commit is lost. */
  readonly unanswered?: Unanswered | undefined
}

interface Unanswered {
  readonly id: string
  readonly error: ConnectorError
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

/**
 * What became of a commit whose answer is lost (https://www.postgresql.org/docs/current/functions-info.html, pg_xact_status).
 * @throws the loss, with `applied: 'no'` where the transaction was rolled back, as it is where nobody can tell.
 */
async function lookUp(database: PostgresqlDatabase, { id, error }: Unanswered): Promise<void> {
  if (isCrash(error)) throw error
  const signal = AbortSignal.timeout(lookUpMs)
  const step = { text: 'select pg_catalog.txid_status($1::bigint) as status', values: [id] }
  while (!signal.aborted) {
    const status = await runOne(database, step, { signal, remainingMs: lookUpMs }).then(
      ({ rows }) => rows[0]?.['status'],
      (failure: unknown) => (isCrash(failure) ? 'forgotten' : 'in progress'),
    )
    if (status === 'committed') return
    if (status === 'aborted')
      throw ConnectorError.with(
        error,
        {},
        { applied: 'no', message: `${error.message} The transaction was rolled back.` },
      )
    if (status !== 'in progress') throw error
    await pause(pollMs, signal)
  }
  throw error
}

/**
 * The server has crashed, or comes up again. Ids that it had given out without a flush are then given out once more, so that
 * what it says of ours may be about somebody else's transaction.
 */
function isCrash(error: unknown): boolean {
  return ConnectorError.is(error) && (error.vendorCode === '57P02' || error.vendorCode === '57P03')
}
