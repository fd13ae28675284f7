import type { Backend, Times } from './backend/backend.ts'
import type { Step, StepResult } from './backend/statement.ts'
import type { Table } from './table.ts'

/** What operations and streams work on: the connection's pool, or the server connection of one transaction. */
export interface PostgresqlClient {
  /** Is it a transaction? Then its one server connection serves everything. */
  readonly scoped: boolean
  /** Shapes of tables by the input of the write that needs them. */
  readonly tables: WeakMap<object, Promise<Table>>
  /** Runs statements in one piece, all of them or none. */
  run(steps: readonly Step[], times: Times): Promise<readonly StepResult[]>
  /** Runs work with one server connection in a transaction of its own, or within a savepoint of the one that is open. */
  atomically<T>(times: Times, work: (backend: Backend) => Promise<T>): Promise<T>
  /** Offers to give a connection up, once, as soon as somebody waits for one; what is returned takes the offer back. */
  lend(giveUp: () => void): () => void
  /** Runs work with one server connection, outside of a transaction where none is open. */
  holding<T>(times: Times, work: (backend: Backend) => Promise<T>): Promise<T>
}

/** A statement without values. */
export function plain(text: string): Step {
  return { text, values: none }
}

const none: readonly never[] = Object.freeze([])

/**
 * Begins a transaction. A read-only one could be made writable until its first query
 * (https://www.postgresql.org/docs/current/sql-set-transaction.html), so that is made at once.
 */
export function beginning(modes: string, readOnly: boolean): readonly Step[] {
  return readOnly ? [plain(`begin ${modes} read only`), plain('select 1')] : [plain(`begin ${modes}`)]
}

/** Runs one statement. */
export async function runOne(client: PostgresqlClient, step: Step, times: Times): Promise<StepResult> {
  const [result] = await client.run([step], times)
  return result as StepResult
}
