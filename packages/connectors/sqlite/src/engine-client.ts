import { ConnectorError, type CallContext } from '@casare/core'
import type { Engine, ExecuteResult, Interruption, SqliteRow, SqliteValue, Statement } from './engine/engine.ts'
import { patiently } from './engine/patiently.ts'

/** What a statement needs to know of its call. */
export type Times = Pick<CallContext, 'signal' | 'remainingMs'>

/** What operations and streams work on: the connection's database, or the transaction's engine. */
export interface SqliteClient {
  query(statement: Statement, times: Times): Promise<SqliteRow[]> | SqliteRow[]
  execute(statement: Statement, times: Times): Promise<ExecuteResult> | ExecuteResult
  batch(statements: readonly Statement[], times: Times): Promise<ExecuteResult[]> | ExecuteResult[]
  executeMany(text: string, rows: readonly (readonly SqliteValue[])[], times: Times): Promise<number> | number
}

/** Statements on one engine; a lock that somebody else holds is waited for. */
export class EngineClient implements SqliteClient {
  readonly engine: Engine
  readonly #busyTimeoutMs: number

  constructor(engine: Engine, busyTimeoutMs: number) {
    this.engine = engine
    this.#busyTimeoutMs = busyTimeoutMs
  }

  query(statement: Statement, times: Times): Promise<SqliteRow[]> | SqliteRow[] {
    return patiently(
      () => this.engine.query(statement, interruption(times), times),
      this.#busyTimeoutMs,
      () => times.signal,
    )
  }

  execute(statement: Statement, times: Times): Promise<ExecuteResult> | ExecuteResult {
    return patiently(
      () => this.engine.execute(statement),
      this.#busyTimeoutMs,
      () => times.signal,
    )
  }

  batch(statements: readonly Statement[], times: Times): Promise<ExecuteResult[]> | ExecuteResult[] {
    return patiently(
      () => this.engine.batch(statements),
      this.#busyTimeoutMs,
      () => times.signal,
    )
  }

  executeMany(text: string, rows: readonly (readonly SqliteValue[])[], times: Times): Promise<number> | number {
    return patiently(
      () => this.engine.executeMany(text, rows),
      this.#busyTimeoutMs,
      () => times.signal,
    )
  }
}

/** Asks between rows whether the call's time is over; nothing where there is no limit. */
function interruption({ remainingMs }: Times): Interruption {
  if (remainingMs === undefined) return undefined
  const until = performance.now() + remainingMs
  return () => {
    if (performance.now() < until) return
    throw new ConnectorError({
      code: 'timeout',
      message: 'The statement ran out of time and was ended between two rows.',
    })
  }
}
