import { ConnectorError, type PoolConfig } from '@casare/core'

/** What a pool is like where its config does not say: connections and milliseconds. */
export const poolDefaults = { max: 10, min: 0, idleMs: 30_000, acquireMs: 30_000 }

/** What a pool needs to know of a server connection. */
export interface PooledConnection {
  /** As `performance.now()`. */
  readonly openedAt: number
  /** When it was given back last, as `performance.now()`; set by the pool. */
  idleSince: number
  /** Is it gone? */
  readonly isLost: boolean
  /** Its session is not as it was when it was opened: it must not serve anybody else. */
  readonly altered: boolean
  /** Is a transaction open on it? */
  readonly inTransaction: boolean
  /** Called once, when it is lost. */
  onLost(listener: () => void): void
  /** Says goodbye to the server. */
  end(): Promise<void>
  /** Ends it at once. */
  destroy(reason: unknown): void
}

/** How the connections of a pool are made. */
export interface ConnectionPoolOptions<Connection> {
  /** The system's name, for messages. */
  readonly title: string
  readonly open: () => Promise<Connection>
  /** A failure of `open` as what is thrown to those who wait. */
  readonly toError: (error: unknown) => unknown
  readonly pool: PoolConfig
  /** Connections of `pool.max` that somebody else has. Default: 0. */
  readonly spare?: number | undefined
}

interface Waiter<Connection> {
  /** Until when it waits, as `performance.now()`. */
  readonly until: number
  resolve(connection: Connection): void
  reject(error: unknown): void
}

/** The server connections of one connection: opened when they are needed, never more than `max`. */
export class ConnectionPool<Connection extends PooledConnection> {
  readonly #title: string
  readonly #open: () => Promise<Connection>
  readonly #toError: (error: unknown) => unknown
  readonly #limit: number
  readonly #max: number
  readonly #min: number
  readonly #idleMs: number
  readonly #acquireMs: number
  readonly #maxLifetimeMs: number
  /** The one that was used last is used next: the others come to be idle and are closed. */
  readonly #idle: Connection[] = []
  readonly #busy = new Set<Connection>()
  readonly #waiters = new Set<Waiter<Connection>>()
  /** Those who hold a connection that they could do without for a while. */
  readonly #lenders = new Set<() => void>()
  #opening = 0
  #sweep: NodeJS.Timeout | undefined
  /** For the one that has waited longest: with many in flight, a timer for each costs more than all the rest here. */
  #expiry: NodeJS.Timeout | undefined
  #closed = false

  constructor({ title, open, toError, pool, spare = 0 }: ConnectionPoolOptions<Connection>) {
    this.#title = title
    this.#open = open
    this.#toError = toError
    this.#limit = pool.max ?? poolDefaults.max
    this.#max = this.#limit - spare
    this.#min = Math.min(pool.min ?? poolDefaults.min, this.#max)
    this.#idleMs = pool.idleMs ?? poolDefaults.idleMs
    this.#acquireMs = pool.acquireMs ?? poolDefaults.acquireMs
    this.#maxLifetimeMs = pool.maxLifetimeMs ?? Infinity
  }

  /** A connection that is free now. */
  take(): Connection | undefined {
    const connection = this.#idle.pop()
    if (connection !== undefined) this.#busy.add(connection)
    return connection
  }

  /**
   * A connection, as soon as there is one.
   * @throws `unavailable`, `applied: 'no'`, after `acquireMs`, and where none can be opened; the signal's reason.
   */
  acquire(signal: AbortSignal): Promise<Connection> {
    const free = this.take()
    if (free !== undefined) return Promise.resolve(free)
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      if (this.#closed) throw closed()
      const leave = (): void => {
        signal.removeEventListener('abort', aborted)
        this.#waiters.delete(waiter)
        if (this.#waiters.size > 0) return
        clearTimeout(this.#expiry)
        this.#expiry = undefined
      }
      const waiter: Waiter<Connection> = {
        until: performance.now() + this.#acquireMs,
        resolve: (connection) => {
          leave()
          this.#busy.add(connection)
          resolve(connection)
        },
        reject: (error) => {
          leave()
          reject(error)
        },
      }
      const aborted = (): void => waiter.reject(signal.reason)
      this.#expiry ??= setTimeout(() => this.#expire(), this.#acquireMs)
      signal.addEventListener('abort', aborted, { once: true })
      this.#waiters.add(waiter)
      this.#openMore()
      this.#callBack()
    })
  }

  /** Those who have waited for long enough, the first ones first. */
  #expire(): void {
    this.#expiry = undefined
    for (const waiter of this.#waiters) {
      // A timer may be early by a part of a millisecond.
      const leftMs = waiter.until - performance.now()
      if (leftMs >= 1) {
        this.#expiry = setTimeout(() => this.#expire(), leftMs)
        return
      }
      waiter.reject(this.#exhausted())
    }
  }

  /** @returns what takes the offer back: to give a connection up, once, as soon as somebody waits for one. */
  lend(giveUp: () => void): () => void {
    this.#lenders.add(giveUp)
    this.#callBack()
    return () => void this.#lenders.delete(giveUp)
  }

  /** One for each who would wait for longer than it takes to open a connection. */
  #callBack(): void {
    if (this.#waiters.size <= this.#opening) return
    const [giveUp] = this.#lenders
    if (giveUp === undefined) return
    this.#lenders.delete(giveUp)
    giveUp()
  }

  /** Gives a connection back. One that is lost, altered, old, or in the middle of something serves nobody else. */
  release(connection: Connection): void {
    if (!this.#busy.delete(connection)) return
    const usable = !connection.isLost && !connection.altered && !connection.inTransaction && !this.#closed
    if (!usable || performance.now() - connection.openedAt > this.#maxLifetimeMs) {
      void connection.end()
      this.#openMore()
      return
    }
    const [waiter] = this.#waiters
    if (waiter !== undefined) {
      waiter.resolve(connection)
      return
    }
    connection.idleSince = performance.now()
    this.#idle.push(connection)
    this.#sweep ??= this.#sweepLater()
  }

  /** Ends all of them: those at work at once, for nobody waits for their answers any more. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#sweep)
    for (const waiter of this.#waiters) waiter.reject(closed())
    for (const connection of this.#busy) connection.destroy(closed())
    await Promise.all(this.#idle.splice(0).map((connection) => connection.end()))
  }

  #openMore(): void {
    const standing = this.#busy.size + this.#idle.length
    while (!this.#closed && this.#opening < this.#waiters.size && standing + this.#opening < this.#max)
      void this.#openOne()
  }

  async #openOne(): Promise<void> {
    this.#opening += 1
    try {
      const connection = await this.#open()
      connection.onLost(() => this.#lost(connection))
      this.#busy.add(connection)
      this.#opening -= 1
      this.release(connection)
    } catch (error) {
      this.#opening -= 1
      this.#failed(this.#toError(error))
    }
  }

  /** Where others stand, those who wait get one of them; else nobody can be served. */
  #failed(error: unknown): void {
    if (this.#busy.size + this.#idle.length + this.#opening > 0) return
    for (const waiter of [...this.#waiters]) waiter.reject(error)
  }

  #lost(connection: Connection): void {
    const place = this.#idle.indexOf(connection)
    if (place >= 0) this.#idle.splice(place, 1)
    this.#openMore()
  }

  #sweepLater(): NodeJS.Timeout {
    const timer = setTimeout(
      () => {
        this.#sweep = undefined
        const now = performance.now()
        // The first one is the one that is idle for longest.
        for (let oldest = this.#idle[0]; oldest !== undefined; oldest = this.#idle[0]) {
          const spare = this.#busy.size + this.#idle.length > this.#min
          if (!spare || now - oldest.idleSince < this.#idleMs) break
          this.#idle.shift()
          void oldest.end()
        }
        if (this.#idle.length > 0) this.#sweep = this.#sweepLater()
      },
      Math.max(100, this.#idleMs / 2),
    )
    return timer.unref()
  }

  #exhausted(): ConnectorError {
    return new ConnectorError({
      code: 'unavailable',
      applied: 'no',
      transient: true,
      message: `${this.#title}: none of the ${this.#limit} connections (pool.max) became free within ${this.#acquireMs} ms (pool.acquireMs).`,
    })
  }
}

function closed(): ConnectorError {
  return new ConnectorError({ code: 'cancelled', applied: 'no', message: 'The connection was closed.' })
}
