import { ConnectorError } from '@casare/core'
import { pause } from '@casare/sql'
import type { PostgresqlDatabase } from '../database.ts'
import { runOne } from '../postgresql-client.ts'
import { serverLifeText } from './server-life.ts'

/** A transaction whose COMMIT was sent and not answered. */
export interface UnansweredCommit {
  readonly id: string
  /** The life of the server in which it ran; `undefined` where that is not known. */
  readonly life: string | undefined
  readonly error: ConnectorError
}

const lookUpMs = 10_000
const pollMs = 50

/**
 * What became of a commit whose answer is lost (https://www.postgresql.org/docs/current/functions-info.html, pg_xact_status).
 * After a crash, or on a standby that was promoted, ids that had not reached the log are given out again. So "committed" is
 * believed only of a server that is in the life in which the transaction ran. "aborted" is believed of the same data
 * directory in any life: had ours been kept, its id would not have been given out again
 * (docs/decisions/0007-commit-look-up.md).
 * @throws the loss, with `applied: 'no'` where the transaction was rolled back, as it is where nobody can tell.
 */
export async function lookUpCommit(database: PostgresqlDatabase, { id, life, error }: UnansweredCommit): Promise<void> {
  if (life === undefined) throw error
  const signal = AbortSignal.timeout(lookUpMs)
  const step = { text: `select pg_catalog.txid_status($1::bigint) as status, ${serverLifeText} as life`, values: [id] }
  while (!signal.aborted) {
    const found = await runOne(database, step, { signal, remainingMs: lookUpMs }).then(
      ({ rows }) => rows[0],
      // It comes up again, is a standby still, or has not come to that id.
      () => undefined,
    )
    const now = found?.['life']
    if (typeof now === 'string') {
      const status = found?.['status']
      if (directoryOf(now) !== directoryOf(life)) throw error
      if (status === 'aborted') throw rolledBack(error)
      if (status === 'committed' && now === life) return
      if (status !== 'in progress') throw error
    }
    await pause(pollMs, signal)
  }
  throw error
}

function directoryOf(life: string): string {
  return life.slice(0, life.indexOf('/'))
}

function rolledBack(error: ConnectorError): ConnectorError {
  return ConnectorError.with(error, {}, { applied: 'no', message: `${error.message} The transaction was rolled back.` })
}
