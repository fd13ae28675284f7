import { ConnectorError, type PoolConfig } from '@casare/core'
import { connectingError } from '../errors.ts'
import type { Backend } from './backend.ts'

export const poolDefaults = { max: 10, min: 0, idleMs: 30_000, acquireMs: 30_000 }

interface Waiter {
  resolve(backend: Backend): void
  reject(error: unknown): void
}

/** The server connections of one connection: opened when they are needed, never more than `max`. */
export class BackendPool {
  readonly #open: () => Promise<Backend>
  readonly #limit: number
  readonly #max: number
  readonly #min: number
  readonly #idleMs: number
  readonly #acquireMs: number
  readonly #maxLifetimeMs: number
  /** The one that was used last is used next: the others come to be idle and are closed. */
  readonly #idle: Backend[] = []
  readonly #busy = new Set<Backend>()
  readonly #waiters = new Set<Waiter>()
  /** Those who hold a connection that they could do without for a while. */
  readonly #lenders = new Set<() => void>()
  #opening = 0
  #sweep: NodeJS.Timeout | undefined
  #closed = false

  /** @param spare connections of `pool.max` that somebody else has. */
  constructor(open: () => Promise<Backend>, pool: PoolConfig, spare = 0) {
    this.#open = open
    this.#limit = pool.max ?? poolDefaults.max
    this.#max = this.#limit - spare
    this.#min = Math.min(pool.min ?? poolDefaults.min, this.#max)
    this.#idleMs = pool.idleMs ?? poolDefaults.idleMs
    this.#acquireMs = pool.acquireMs ?? poolDefaults.acquireMs
    this.#maxLifetimeMs = pool.maxLifetimeMs ?? Infinity
  }

  /** A connection that is free now. */
  take(): Backend | undefined {
    const backend = this.#idle.pop()
    if (backend !== undefined) this.#busy.add(backend)
    return backend
  }

  /**
   * A connection, as soon as there is one.
   * @throws `unavailable`, `applied: 'no'`, after `acquireMs`, and where none can be opened; the signal's reason.
   */
  acquire(signal: AbortSignal): Promise<Backend> {
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
        resolve: (backend) => {
          leave()
          this.#busy.add(backend)
          resolve(backend)
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
      this.#callBack()
    })
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
  release(backend: Backend): void {
    if (!this.#busy.delete(backend)) return
    const usable = !backend.isLost && !backend.altered && !backend.inTransaction && !this.#closed
    if (!usable || performance.now() - backend.openedAt > this.#maxLifetimeMs) {
      void backend.end()
      this.#openMore()
      return
    }
    const [waiter] = this.#waiters
    if (waiter !== undefined) {
      waiter.resolve(backend)
      return
    }
    backend.idleSince = performance.now()
    this.#idle.push(backend)
    this.#sweep ??= this.#sweepLater()
  }

  /** Ends all of them: those at work at once, for nobody waits for their answers any more. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#sweep)
    for (const waiter of this.#waiters) waiter.reject(closed())
    for (const backend of this.#busy) backend.destroy(closed())
    await Promise.all(this.#idle.splice(0).map((backend) => backend.end()))
  }

  #openMore(): void {
    const standing = this.#busy.size + this.#idle.length
    while (!this.#closed && this.#opening < this.#waiters.size && standing + this.#opening < this.#max)
      void this.#openOne()
  }

  async #openOne(): Promise<void> {
    this.#opening += 1
    try {
      const backend = await this.#open()
      backend.onLost(() => this.#lost(backend))
      this.#busy.add(backend)
      this.#opening -= 1
      this.release(backend)
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

  #lost(backend: Backend): void {
    const place = this.#idle.indexOf(backend)
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
      message: `PostgreSQL: none of the ${this.#limit} connections (pool.max) became free within ${this.#acquireMs} ms (pool.acquireMs).`,
    })
  }
}

function closed(): ConnectorError {
  return new ConnectorError({ code: 'cancelled', applied: 'no', message: 'The connection was closed.' })
}
