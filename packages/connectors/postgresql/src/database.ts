import { ConnectorError, type PoolConfig } from '@casare/core'
import { ConnectionPool, poolDefaults, suggestion } from '@casare/sql'
import type { Client, ClientConfig } from 'pg'
import { Backend, type BackendSettings, type Times } from './backend/backend.ts'
import { PipelinedLane } from './backend/pipelined-lane.ts'
import { dial, type Route } from './backend/dial.ts'
import type { Step, StepResult } from './backend/statement.ts'
import { connectingError, isServerError, title } from './errors.ts'
import { canFollow, limitFor, limitStep, onlyReads } from './statement-limit.ts'
import { beginning, plain, type PostgresqlClient } from './postgresql-client.ts'
import type { Table } from './table.ts'

export interface DatabaseSettings extends BackendSettings {
  readonly pool: PoolConfig
  readonly readOnly: boolean
}

const beginReadOnly = plain('begin read only')
const rollback = plain('rollback')
/** Smaller pools keep all their connections for themselves. */
const minLaneMax = 4

/** Commands after which the session is not what the next caller expects. */
const altering = new Set(['SET', 'RESET', 'LISTEN', 'LOAD', 'PREPARE', 'DISCARD'])

/** The client of a connection: a pool of server connections. */
export class PostgresqlDatabase implements PostgresqlClient {
  readonly scoped = false
  readonly tables = new WeakMap<object, Promise<Table>>()
  /** Where subscriptions are, by the input of each: a subscription outlives its connections. */
  readonly subscriptions = new WeakMap<object, unknown>()
  readonly #route: Route
  readonly #settings: DatabaseSettings
  readonly #pool: ConnectionPool<Backend>
  readonly #lane: PipelinedLane | undefined

  constructor(route: Route, settings: DatabaseSettings) {
    this.#route = route
    this.#settings = settings
    const lane = !settings.readOnly && (settings.pool.max ?? poolDefaults.max) >= minLaneMax
    this.#pool = new ConnectionPool({
      title,
      open: () => Backend.open(this.#route, this.#settings),
      toError: connectingError,
      pool: settings.pool,
      spare: lane ? 1 : 0,
    })
    this.#lane = lane ? new PipelinedLane(route, settings) : undefined
  }

  get readOnly(): boolean {
    return this.#settings.readOnly
  }

  async run(steps: readonly Step[], times: Times): Promise<readonly StepResult[]> {
    const free = this.#pool.take()
    if (free === undefined && times.effect === 'read' && times.remainingMs === undefined) {
      const shared = this.#runShared(steps, times)
      if (shared !== undefined) return [await shared]
    }
    return this.#runOn(free ?? (await this.#pool.acquire(times.signal)), steps, times)
  }

  /** Where all connections are at work, small reads share one. What cannot be stopped alone must not need to be. */
  #runShared(steps: readonly Step[], { signal }: Times): Promise<StepResult> | undefined {
    const [step] = steps
    if (this.#lane === undefined || step === undefined || steps.length > 1 || !onlyReads(step)) return undefined
    return this.#lane.run(step, signal, async () => {
      const times = { signal, remainingMs: undefined }
      const [result] = await this.#runOn(await this.#pool.acquire(signal), steps, times)
      return result as StepResult
    })
  }

  async #runOn(backend: Backend, steps: readonly Step[], times: Times): Promise<readonly StepResult[]> {
    let results: readonly StepResult[]
    try {
      results = await (this.#settings.readOnly ? runReadOnly : runLimited)(backend, steps, times)
    } catch (error) {
      this.#giveBack(backend)
      throw await this.#explained(error, times)
    }
    for (const { command } of results) if (altering.has(command)) backend.altered = true
    const leftOpen = backend.inTransaction
    this.#giveBack(backend)
    if (leftOpen) throw transactionLeftOpen()
    return results
  }

  atomically<T>(times: Times, work: (backend: Backend) => Promise<T>): Promise<T> {
    return this.holding(times, async (backend) => {
      await backend.run(beginning('', this.#settings.readOnly), times)
      const result = await work(backend)
      await backend.run([plain('commit')], times)
      return result
    })
  }

  async holding<T>(times: Pick<Times, 'signal'>, work: (backend: Backend) => Promise<T>): Promise<T> {
    const backend = await this.#pool.acquire(times.signal)
    try {
      return await work(backend)
    } finally {
      this.#giveBack(backend)
    }
  }

  lend(giveUp: () => void): () => void {
    return this.#pool.lend(giveUp)
  }

  /** A connection beside the pool, for what listens. */
  dial(more?: ClientConfig): Promise<Client> {
    return dial(this.#route, more).catch((error: unknown) => {
      throw connectingError(error)
    })
  }

  close(): Promise<void> {
    this.#lane?.close()
    return this.#pool.close()
  }

  /** A transaction that is still open is rolled back before anybody else gets the connection. */
  #giveBack(backend: Backend): void {
    if (!backend.inTransaction || backend.isLost) {
      this.#pool.release(backend)
      return
    }
    backend
      .run([rollback], { signal: AbortSignal.timeout(rollbackMs), remainingMs: undefined })
      .catch((error: unknown) => backend.destroy(error))
      .finally(() => this.#pool.release(backend))
  }

  /** Adds the nearest names to the message about a table that is not there. */
  async #explained(error: unknown, times: Times): Promise<unknown> {
    if (!ConnectorError.is(error) || error.vendorCode !== '42P01' || !isServerError(error.cause)) return error
    const name = /"([^"]+)"/.exec(error.cause.message)?.[1]
    if (name === undefined) return error
    try {
      const known = await visibleTables(this, times)
      return ConnectorError.with(error, {}, { message: `${error.message}${suggestion(name, known)}` })
    } catch {
      return error
    }
  }
}

const rollbackMs = 5_000

/** One statement at a time, each in a transaction that the server holds to reading. */
async function runReadOnly(backend: Backend, steps: readonly Step[], times: Times): Promise<readonly StepResult[]> {
  const limitMs = limitFor(times.remainingMs)
  const before = limitMs === 0 ? [beginReadOnly] : [beginReadOnly, limitStep(limitMs, 'transaction')]
  const results = await backend.run([...before, ...steps, rollback], times)
  return results.slice(before.length, -1)
}

/** The server's limit goes ahead of the statement, in the same piece, and only where it is another one than before. */
async function runLimited(backend: Backend, steps: readonly Step[], times: Times): Promise<readonly StepResult[]> {
  const limitMs = limitFor(times.remainingMs)
  if (limitMs === backend.limitMs) return backend.run(steps, times)
  const set = limitStep(limitMs, 'session')
  if (!steps.every(canFollow)) {
    await backend.run([set], times)
    backend.limitMs = limitMs
    return backend.run(steps, times)
  }
  // Where a statement fails, the server takes the limit back with it.
  const results = await backend.run([set, ...steps], times)
  backend.limitMs = limitMs
  return results.slice(1)
}

/** Names of the tables and views that the search path finds. */
export async function visibleTables(client: PostgresqlClient, times: Times): Promise<string[]> {
  const [found] = await client.run(
    [
      plain(
        "select relname from pg_catalog.pg_class where relkind in ('r', 'p', 'v', 'm', 'f') and pg_table_is_visible(oid) and relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) limit 2000",
      ),
    ],
    times,
  )
  return found?.rows.map(({ relname }) => String(relname)) ?? []
}

function transactionLeftOpen(): ConnectorError {
  return new ConnectorError({
    code: 'invalid_input',
    applied: 'no',
    message:
      'PostgreSQL: the statement began a transaction and nobody would have ended it; it was rolled back. Use transaction(async (tx) => …) or batch.',
  })
}
