import { ConnectorError } from '@casare/core'
import { endsTransaction } from './errors.ts'
import type { MysqlClient } from './mysql-client.ts'
import type { ServerConnection, Times } from './server/server-connection.ts'
import type { Step, StepResult } from './server/statement.ts'
import { controlsTransaction } from './sql-text.ts'
import type { Table } from './table.ts'

/** The client inside of a transaction: everything goes through its one server connection. */
export class TransactionClient implements MysqlClient {
  readonly scoped = true
  readonly tables = new WeakMap<object, Promise<Table>>()
  readonly #connection: ServerConnection
  #ended = false
  #savepoints = 0

  constructor(connection: ServerConnection) {
    this.#connection = connection
  }

  async run(step: Step, times: Times): Promise<StepResult> {
    if (controlsTransaction(step.text)) throw controlRefused()
    return this.#guarded(() => this.#connection.run(step, times))
  }

  async atomically<T>(times: Times, work: (connection: ServerConnection) => Promise<T>): Promise<T> {
    this.#savepoints += 1
    const name = `casare_${this.#savepoints}`
    await this.#guarded(() => this.#connection.text(`savepoint ${name}`, times))
    try {
      const result = await this.#guarded(() => work(this.#connection))
      await this.#guarded(() => this.#connection.text(`release savepoint ${name}`, times))
      return result
    } catch (error) {
      if (!this.#ended && !this.#connection.isLost) await this.#connection.text(`rollback to savepoint ${name}`, times)
      throw error
    }
  }

  holding<T>(_times: Times, work: (connection: ServerConnection) => Promise<T>): Promise<T> {
    return this.#guarded(() => work(this.#connection))
  }

  /** Its server connection is one that is asked for no stream. */
  loading<T>(): Promise<T> {
    return Promise.reject(
      new ConnectorError({
        code: 'unsupported',
        message:
          'MySQL: loadData has a transaction of its own, so it is not part of another one; use rows.write there, or load into a table of its own first.',
      }),
    )
  }

  /** Nobody else waits for the connection of a transaction. */
  lend(): () => void {
    return () => undefined
  }

  /** The callback is over: what is called now would run outside. */
  end(): void {
    this.#ended = true
  }

  /** @throws `invalid_input` where the transaction is over. */
  refuseEnded(): void {
    if (this.#ended)
      throw new ConnectorError({
        code: 'invalid_input',
        message:
          'MySQL: the transaction is over: the server rolled it back after a deadlock or a lock that was not released, a statement ended it, or its callback has returned.',
      })
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    this.refuseEnded()
    try {
      return await work()
    } catch (error) {
      if (endsTransaction(error)) this.#ended = true
      throw this.#explained(error)
    } finally {
      // What follows would run outside of it.
      if (!this.#connection.isLost && !this.#connection.inTransaction) {
        this.#ended = true
        this.#connection.altered = true
      }
    }
  }

  /** Without its COMMIT nothing of a transaction stays, whatever became of the connection. */
  #explained(error: unknown): unknown {
    if (!this.#connection.isLost || !ConnectorError.is(error) || error.applied === 'no') return error
    return ConnectorError.with(
      error,
      {},
      { applied: 'no', message: `${error.message} The transaction was not committed, so nothing of it was applied.` },
    )
  }
}

/** Refuses what begins or ends a transaction, also because MySQL commits before it. */
export function controlRefused(): ConnectorError {
  return new ConnectorError({
    code: 'invalid_input',
    message:
      'MySQL: inside of a transaction or batch no statement may begin or end a transaction, and MySQL commits before CREATE, ALTER, DROP and their like. Run it by itself.',
  })
}
