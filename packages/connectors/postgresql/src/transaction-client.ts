import { ConnectorError } from '@casare/core'
import type { Backend, Times } from './backend/backend.ts'
import type { Step, StepResult } from './backend/statement.ts'
import { controlsTransaction } from './sql-text.ts'
import { limitFor, limitStep } from './statement-limit.ts'
import { plain, type PostgresqlClient } from './postgresql-client.ts'
import type { Table } from './table.ts'

/** The client inside of a transaction: everything goes through its one server connection. */
export class TransactionClient implements PostgresqlClient {
  readonly scoped = true
  readonly tables = new WeakMap<object, Promise<Table>>()
  readonly backend: Backend
  #ended = false
  #savepoints = 0
  /** The server's limit for a statement of this transaction; not known after something was rolled back. */
  #limitMs: number | undefined

  constructor(backend: Backend) {
    this.backend = backend
    this.#limitMs = backend.limitMs
  }

  async run(steps: readonly Step[], times: Times): Promise<readonly StepResult[]> {
    this.refuseEnded()
    for (const { text } of steps) if (controlsTransaction(text)) throw controlRefused()
    try {
      const limitMs = limitFor(times.remainingMs)
      if (limitMs === this.#limitMs) return await this.backend.run(steps, times)
      const results = await this.backend.run([limitStep(limitMs, 'transaction'), ...steps], times)
      this.#limitMs = limitMs
      return results.slice(1)
    } catch (error) {
      throw this.#explained(error)
    } finally {
      this.#checkOpen()
    }
  }

  async atomically<T>(times: Times, work: (backend: Backend) => Promise<T>): Promise<T> {
    this.#savepoints += 1
    const name = `casare_${this.#savepoints}`
    await this.run([plain(`savepoint ${name}`)], times)
    try {
      const result = await this.holding(times, work)
      await this.run([plain(`release savepoint ${name}`)], times)
      return result
    } catch (error) {
      this.#limitMs = undefined
      if (this.backend.inTransaction && !this.backend.isLost)
        await this.backend.run([plain(`rollback to savepoint ${name}`)], times)
      throw error
    }
  }

  async holding<T>(_times: Times, work: (backend: Backend) => Promise<T>): Promise<T> {
    this.refuseEnded()
    try {
      return await work(this.backend)
    } catch (error) {
      throw this.#explained(error)
    } finally {
      this.#checkOpen()
    }
  }

  /** Nobody else waits for the connection of a transaction. */
  lend(): () => void {
    return () => undefined
  }

  /** The callback is over: what is called now would run outside. */
  end(): void {
    this.#ended = true
  }

  /** A statement that ended the transaction would let the next ones run outside of it. */
  #checkOpen(): void {
    if (!this.#ended && !this.backend.isLost && !this.backend.inTransaction) {
      this.#ended = true
      this.backend.altered = true
    }
  }

  /** @throws `invalid_input` where the transaction is over. */
  refuseEnded(): void {
    if (this.#ended)
      throw new ConnectorError({
        code: 'invalid_input',
        message:
          'PostgreSQL: the transaction is over: a statement in it has committed or rolled back, or its callback has returned. Leave ending it to transaction().',
      })
  }

  /** Without its COMMIT nothing of a transaction stays, whatever became of the connection. */
  #explained(error: unknown): unknown {
    if (!this.backend.isLost || !ConnectorError.is(error) || error.applied === 'no') return error
    return ConnectorError.with(
      error,
      {},
      { applied: 'no', message: `${error.message} The transaction was not committed, so nothing of it was applied.` },
    )
  }
}

function controlRefused(): ConnectorError {
  return new ConnectorError({
    code: 'invalid_input',
    message:
      'PostgreSQL: inside of transaction() no statement may begin or end a transaction: it is committed where the callback resolves and rolled back where it throws.',
  })
}
