import { AsyncLocalStorage } from 'node:async_hooks'
import { ConnectorError } from '@casare/core'
import type { Engine, ExecuteResult, SqliteRow, SqliteValue, Statement } from './engine/engine.ts'
import { EngineClient, type SqliteClient, type Times } from './engine-client.ts'
import { TransactionLock } from './transaction-lock.ts'

export interface DatabaseOptions {
  /** Opens a further engine on the same file. */
  readonly open: () => Promise<Engine>
  readonly busyTimeoutMs: number
  /** A database in memory has one engine only: transactions share it. */
  readonly single: boolean
}

/**
 * The client of a connection: one engine for single statements and, for files, one more for the transaction that is open,
 * so that nothing slips into it. Beside an open transaction, reads of a file see what was before; all else waits.
 */
export class SqliteDatabase implements SqliteClient {
  readonly #plain: EngineClient
  readonly #options: DatabaseOptions
  readonly #lock: TransactionLock
  readonly #inside = new AsyncLocalStorage<true>()
  #transactional: Promise<EngineClient> | undefined

  constructor(engine: Engine, options: DatabaseOptions) {
    this.#plain = new EngineClient(engine, options.busyTimeoutMs)
    this.#lock = new TransactionLock(options.busyTimeoutMs)
    this.#options = options
  }

  query(statement: Statement, times: Times): Promise<SqliteRow[]> | SqliteRow[] {
    if (!this.#lock.held) return this.#plain.query(statement, times)
    return this.#beside(statement.text, times, () => this.#plain.query(statement, times))
  }

  execute(statement: Statement, times: Times): Promise<ExecuteResult> | ExecuteResult {
    if (!this.#lock.held) return this.#plain.execute(statement, times)
    return this.#beside(statement.text, times, () => this.#plain.execute(statement, times))
  }

  batch(statements: readonly Statement[], times: Times): Promise<ExecuteResult[]> | ExecuteResult[] {
    if (!this.#lock.held) return this.#plain.batch(statements, times)
    return this.#beside(undefined, times, () => this.#plain.batch(statements, times))
  }

  executeMany(text: string, rows: readonly (readonly SqliteValue[])[], times: Times): Promise<number> | number {
    if (!this.#lock.held) return this.#plain.executeMany(text, rows, times)
    return this.#beside(undefined, times, () => this.#plain.executeMany(text, rows, times))
  }

  /** Runs work with the transaction's engine; one at a time. */
  async exclusively<T>(signal: AbortSignal, work: (client: SqliteClient) => Promise<T>): Promise<T> {
    if (this.#inside.getStore() === true) throw nested()
    const release = await this.#lock.acquire(signal)
    try {
      const client = this.#options.single ? this.#plain : await this.#transactionClient()
      return await this.#inside.run(true, () => work(client))
    } finally {
      release()
    }
  }

  async close(): Promise<void> {
    const other = await this.#transactional?.catch(() => undefined)
    await other?.engine.close()
    await this.#plain.engine.close()
  }

  #transactionClient(): Promise<EngineClient> {
    const { open, busyTimeoutMs } = this.#options
    this.#transactional ??= open().then(
      (engine) => new EngineClient(engine, busyTimeoutMs),
      (error: unknown) => {
        this.#transactional = undefined
        throw error
      },
    )
    return this.#transactional
  }

  async #beside<T>(text: string | undefined, { signal }: Times, work: () => T | Promise<T>): Promise<T> {
    if (!this.#options.single && text !== undefined && (await this.#plain.engine.isReadOnly(text))) return work()
    if (this.#inside.getStore() === true) throw nested()
    const release = await this.#lock.acquire(signal)
    try {
      return await work()
    } finally {
      release()
    }
  }
}

function nested(): ConnectorError {
  return new ConnectorError({
    code: 'invalid_input',
    message:
      'This call would wait for the very transaction it is made in. Inside of transaction(async (tx) => …) use tx, not the connection.',
  })
}
