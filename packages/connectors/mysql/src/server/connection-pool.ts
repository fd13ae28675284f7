import { ConnectorError, type PoolConfig } from '@casare/core'
import { connectingError } from '../errors.ts'
import type { ServerConnection } from './server-connection.ts'

const defaults = { max: 10, min: 0, idleMs: 30_000, acquireMs: 30_000 }

interface Waiter {
  resolve(connection: ServerConnection): void
  reject(error: unknown): void
}

/** The server connections of one connection: opened when they are needed, never more than `max`. */
export class ConnectionPool {
  readonly #open: () => Promise<ServerConnection>
  readonly #max: number
  readonly #min: number
  readonly #idleMs: number
  readonly #acquireMs: number
  readonly #maxLifetimeMs: number
  /** The one that was used last is used next: the others come to be idle and are closed. */
  readonly #idle: ServerConnection[] = []
  readonly #busy = new Set<ServerConnection>()
  readonly #waiters = new Set<Waiter>()
  #opening = 0
  #sweep: NodeJS.Timeout | undefined
  #closed = false

  constructor(open: () => Promise<ServerConnection>, pool: PoolConfig) {
    this.#open = open
    this.#max = pool.max ?? defaults.max
    this.#min = Math.min(pool.min ?? defaults.min, this.#max)
    this.#idleMs = pool.idleMs ?? defaults.idleMs
    this.#acquireMs = pool.acquireMs ?? defaults.acquireMs
    this.#maxLifetimeMs = pool.maxLifetimeMs ?? Infinity
  }

  /** A connection that is free now. */
  take(): ServerConnection | undefined {
    const connection = this.#idle.pop()
    if (connection !== undefined) this.#busy.add(connection)
    return connection
  }

  /**
   * A connection, as soon as there is one.
   * @throws `unavailable`, `applied: 'no'`, after `acquireMs`, and where none can be opened; the signal's reason.
   */
  acquire(signal: AbortSignal): Promise<ServerConnection> {
    const free = this.take()
    if (free !== undefined) return Promise.resolve(free)
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      if (this.#closed) throw closed()
      const leave = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', aborted)
        this.#waiters.delete(waiter)
      }
      const waiter: Waiter = {
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
      const timer = setTimeout(() => waiter.reject(this.#exhausted()), this.#acquireMs)
      signal.addEventListener('abort', aborted, { once: true })
      this.#waiters.add(waiter)
      this.#openMore()
    })
  }

  /** Gives a connection back. One that is lost, altered, old, or in the middle of something serves nobody else. */
  release(connection: ServerConnection): void {
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
      this.#failed(connectingError(error))
    }
  }

  /** Where others stand, those who wait get one of them; else nobody can be served. */
  #failed(error: unknown): void {
    if (this.#busy.size + this.#idle.length + this.#opening > 0) return
    for (const waiter of [...this.#waiters]) waiter.reject(error)
  }

  #lost(connection: ServerConnection): void {
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
      message: `MySQL: none of the ${this.#max} connections (pool.max) became free within ${this.#acquireMs} ms (pool.acquireMs).`,
    })
  }
}

function closed(): ConnectorError {
  return new ConnectorError({ code: 'cancelled', applied: 'no', message: 'The connection was closed.' })
}
