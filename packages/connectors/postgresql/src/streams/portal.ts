import type Cursor from 'pg-cursor'
import { failureOf, type Backend } from '../backend/backend.ts'
import type { PostgresqlRow, Step } from '../backend/statement.ts'
import type { PostgresqlClient } from '../postgresql-client.ts'
import { readerOf } from '../values/readers.ts'

/** A result that stays open longer than this while its reader does something else is closed: it holds up the server's vacuum. */
const maxIdleMs = 10_000

/** A result that is read piece by piece; the next piece is fetched while the one before is being used. */
export class Portal {
  readonly #client: PostgresqlClient
  readonly #rows: number
  readonly #released = Promise.withResolvers<void>()
  readonly #opened = Promise.withResolvers<Opened>()
  readonly #holding: Promise<unknown>
  readonly #abort = new AbortController()
  #ahead: Promise<PostgresqlRow[]> | undefined
  #idle: NodeJS.Timeout | undefined
  #takeBack: () => void = () => undefined
  isOpen = true

  constructor(client: PostgresqlClient, step: Step, rows: number) {
    this.#client = client
    this.#rows = rows
    this.#opened.promise.catch(() => undefined)
    this.#holding = client
      .holding({ signal: this.#abort.signal, remainingMs: undefined }, async (backend) => {
        this.#opened.resolve({ backend, cursor: await open(backend, step) })
        await this.#released.promise
      })
      .catch((error: unknown) => this.#opened.reject(error))
  }

  /** The next rows, fewer than asked for at the end. */
  async next(signal: AbortSignal): Promise<PostgresqlRow[]> {
    this.#keep()
    const abort = (): void => void this.#giveUp(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    try {
      const rows = await (this.#ahead ?? this.#fetch())
      if (rows.length === this.#rows) this.#fetchAhead()
      return rows
    } catch (error) {
      await this.#giveUp(error)
      throw error
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** Closes the result and gives its connection back. Idempotent. */
  async close(): Promise<void> {
    if (!this.isOpen) return
    this.isOpen = false
    this.#keep()
    this.#abort.abort()
    try {
      const { backend, cursor } = await this.#opened.promise
      await this.#ahead
      if (!backend.isLost) await cursor.close()
    } catch {
      // A connection that is lost or was never there has nothing to close.
    }
    this.#released.resolve()
    await this.#holding
  }

  /** While its reader does something else, the result is closed when somebody waits for a connection, and after a while. */
  #fetchAhead(): void {
    this.#ahead = this.#fetch()
    this.#ahead.catch(() => undefined)
    this.#idle = setTimeout(() => void this.close(), maxIdleMs)
    this.#idle.unref()
    this.#takeBack = this.#client.lend(() => void this.close())
  }

  #keep(): void {
    clearTimeout(this.#idle)
    this.#takeBack()
  }

  async #fetch(): Promise<PostgresqlRow[]> {
    const { cursor } = await this.#opened.promise
    try {
      return await cursor.read(this.#rows)
    } catch (error) {
      throw failureOf(error, undefined)
    }
  }

  /** Something went wrong, or nobody waits any more: the state of the connection is not known, so it ends. */
  async #giveUp(reason: unknown): Promise<void> {
    if (!this.isOpen) return
    this.isOpen = false
    this.#abort.abort(reason)
    const opened = await Promise.race([this.#opened.promise.catch(() => undefined), Promise.resolve(undefined)])
    opened?.backend.abandon(reason)
    this.#released.resolve()
  }
}

interface Opened {
  readonly backend: Backend
  readonly cursor: Cursor<PostgresqlRow>
}

/** https://node-postgres.com/apis/cursor */
async function open(backend: Backend, { text, values }: Step): Promise<Cursor<PostgresqlRow>> {
  const { default: PgCursor } = await import('pg-cursor')
  const types = { getTypeParser: readerOf as never }
  return backend.client.query(new PgCursor<PostgresqlRow>(text, [...values], { types }))
}
