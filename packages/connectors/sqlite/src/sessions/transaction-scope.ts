import { ConnectorError } from '@casare/core'
import type { ExecuteResult, SqliteRow, SqliteValue, Statement } from '../engine/engine.ts'
import type { SqliteClient, Times } from '../engine-client.ts'

/** The client of one transaction: what is called on it when that is over would run outside, and is refused. */
export class TransactionScope implements SqliteClient {
  readonly #client: SqliteClient
  #ended = false

  constructor(client: SqliteClient) {
    this.#client = client
  }

  query(statement: Statement, times: Times): Promise<SqliteRow[]> | SqliteRow[] {
    return this.#open.query(statement, times)
  }

  execute(statement: Statement, times: Times): Promise<ExecuteResult> | ExecuteResult {
    return this.#open.execute(statement, times)
  }

  batch(statements: readonly Statement[], times: Times): Promise<ExecuteResult[]> | ExecuteResult[] {
    return this.#open.batch(statements, times)
  }

  executeMany(text: string, rows: readonly (readonly SqliteValue[])[], times: Times): Promise<number> | number {
    return this.#open.executeMany(text, rows, times)
  }

  end(): void {
    this.#ended = true
  }

  get #open(): SqliteClient {
    if (this.#ended)
      throw new ConnectorError({
        code: 'invalid_input',
        message: 'The transaction is over: its callback has returned. Await what you call on tx.',
      })
    return this.#client
  }
}
