import { ConnectorError } from '@casare/core'
import { ConnectionPool, suggestion } from '@casare/sql'
import { connectingError, isServerError, title } from './errors.ts'
import type { MysqlClient } from './mysql-client.ts'
import type { Route } from './server/dial.ts'
import { ServerConnection, type Times } from './server/server-connection.ts'
import type { Step, StepResult } from './server/statement.ts'
import { controlsTransaction } from './sql-text.ts'
import type { Table } from './table.ts'

const rollbackMs = 5_000

/** The client of a connection: a pool of server connections. */
export class MysqlDatabase implements MysqlClient {
  readonly scoped = false
  readonly tables = new WeakMap<object, Promise<Table>>()
  readonly readOnly: boolean
  readonly #pool: ConnectionPool<ServerConnection>
  readonly #route: Route

  constructor(route: Route) {
    this.readOnly = route.context.readOnly
    this.#route = route
    this.#pool = new ConnectionPool({
      title,
      open: () => ServerConnection.open(route),
      toError: connectingError,
      pool: route.context.pool,
    })
  }

  async run(step: Step, times: Times): Promise<StepResult> {
    const connection = this.#pool.take() ?? (await this.#pool.acquire(times.signal))
    let result: StepResult
    try {
      result = this.readOnly ? await runReadOnly(connection, step, times) : await connection.run(step, times)
    } catch (error) {
      await this.#giveBack(connection)
      throw await this.#explained(error, times)
    }
    const leftOpen = connection.inTransaction
    if (leftOpen || connection.altered) await this.#giveBack(connection)
    else this.#pool.release(connection)
    if (leftOpen) throw transactionLeftOpen()
    return result
  }

  atomically<T>(times: Times, work: (connection: ServerConnection) => Promise<T>): Promise<T> {
    return this.holding(times, async (connection) => {
      await connection.text(`start transaction ${this.readOnly ? 'read only' : 'read write'}`, times)
      const result = await work(connection)
      await connection.text('commit', times)
      return result
    })
  }

  /** Runs work with one server connection; a transaction that is still open after it is rolled back. */
  async holding<T>(times: Times, work: (connection: ServerConnection) => Promise<T>): Promise<T> {
    const connection = await this.#pool.acquire(times.signal)
    try {
      return await work(connection)
    } finally {
      await this.#giveBack(connection)
    }
  }

  async loading<T>(times: Times, work: (connection: ServerConnection) => Promise<T>): Promise<T> {
    const { context } = this.#route
    const route = { ...this.#route, takesStreams: true, context: { ...context, signal: times.signal } }
    const connection = await ServerConnection.open(route)
    try {
      await connection.text('start transaction', times)
      const result = await work(connection)
      await connection.text('commit', times)
      return result
    } finally {
      // What is not committed goes with the connection.
      await connection.end()
    }
  }

  lend(giveUp: () => void): () => void {
    return this.#pool.lend(giveUp)
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  async #giveBack(connection: ServerConnection): Promise<void> {
    if (connection.inTransaction && !connection.isLost)
      try {
        await connection.text('rollback', { signal: AbortSignal.timeout(rollbackMs), remainingMs: undefined })
      } catch (error) {
        connection.destroy(error)
      }
    this.#pool.release(connection)
  }

  /** Adds the nearest names to the message about a table that is not there. */
  async #explained(error: unknown, times: Times): Promise<unknown> {
    if (!ConnectorError.is(error) || error.vendorCode !== '1146' || !isServerError(error.cause)) return error
    const name = /'(?:[^']*\.)?([^']+)'/.exec(error.cause.message)?.[1]
    if (name === undefined) return error
    try {
      return ConnectorError.with(
        error,
        {},
        { message: `${error.message}${suggestion(name, await knownTables(this, undefined, times))}` },
      )
    } catch {
      return error
    }
  }
}

/** One statement in a transaction that the server holds to reading, whatever the statement is. */
async function runReadOnly(connection: ServerConnection, step: Step, times: Times): Promise<StepResult> {
  if (controlsTransaction(step.text)) throw readOnlyRefused()
  await connection.text('start transaction read only', times)
  try {
    return await connection.run(step, times)
  } finally {
    if (!connection.isLost)
      await connection.text('rollback', { signal: AbortSignal.timeout(rollbackMs), remainingMs: undefined })
  }
}

/** Names of the tables and views of a schema. */
export async function knownTables(client: MysqlClient, schema: string | undefined, times: Times): Promise<string[]> {
  const { rows } = await client.run(
    {
      text: 'select table_name as name from information_schema.tables where table_schema = ifnull(?, database()) limit 2000',
      values: [schema ?? null],
    },
    times,
  )
  return rows.map(({ name }) => String(name))
}

function readOnlyRefused(): ConnectorError {
  return new ConnectorError({
    code: 'permission_denied',
    applied: 'no',
    message:
      'MySQL: the connection is read-only; statements that change something, or begin or end transactions, are refused.',
  })
}

function transactionLeftOpen(): ConnectorError {
  return new ConnectorError({
    code: 'invalid_input',
    applied: 'no',
    message:
      'MySQL: the statement began a transaction and nobody would have ended it; it was rolled back. Use transaction(async (tx) => …) or batch.',
  })
}
