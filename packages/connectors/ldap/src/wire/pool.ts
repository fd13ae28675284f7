import { ConnectorError, type PoolConfig } from '@casare/core'
import type { LdapConnection } from './ldap-connection.ts'

interface Waiter {
  resolve(): void
  reject(error: unknown): void
}

/** Bound connections, opened when they are needed and given back; never more than `max` (default 5). */
export class Pool {
  readonly #open: (signal: AbortSignal) => Promise<LdapConnection>
  readonly #max: number
  readonly #idleMs: number
  readonly #acquireMs: number
  readonly #idle: LdapConnection[] = []
  readonly #busy = new Set<LdapConnection>()
  readonly #waiters = new Set<Waiter>()
  readonly #closing = new AbortController()
  #places = 0
  readonly #sweep: NodeJS.Timeout

  constructor(open: (signal: AbortSignal) => Promise<LdapConnection>, { max, idleMs, acquireMs }: PoolConfig) {
    this.#open = open
    this.#max = max ?? 5
    this.#idleMs = idleMs ?? 30_000
    this.#acquireMs = acquireMs ?? 30_000
    this.#sweep = setInterval(() => this.#endIdle(), Math.max(100, this.#idleMs / 2)).unref()
  }

  /**
   * Lends a connection for the time of `work`.
   * @throws `unavailable`, `applied: 'no'`, where none is free within `acquireMs`; what opening one fails with.
   */
  async use<Result>(signal: AbortSignal, work: (connection: LdapConnection) => Promise<Result>): Promise<Result> {
    const connection = await this.take(signal)
    try {
      return await work(connection)
    } finally {
      this.give(connection)
    }
  }

  /** A connection to keep until it is given back. */
  async take(signal: AbortSignal): Promise<LdapConnection> {
    await this.#place(signal)
    try {
      const connection = await this.#free(signal)
      this.#busy.add(connection)
      return connection
    } catch (error) {
      this.#leave()
      throw error
    }
  }

  /** A place for a connection that is somebody's own, for the time of `work`; an idle one makes room for it. */
  async apart<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    await this.#place(signal)
    try {
      while (this.#idle.length > 0 && this.#idle.length + this.#places > this.#max) await this.#idle.shift()?.end()
      return await work()
    } finally {
      this.#leave()
    }
  }

  give(connection: LdapConnection): void {
    this.#busy.delete(connection)
    connection.idleSince = performance.now()
    if (connection.isLost || this.#closing.signal.aborted) connection.destroy(undefined)
    else this.#idle.push(connection)
    this.#leave()
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep)
    const reason = new ConnectorError({ code: 'cancelled', applied: 'no', message: 'The connection was closed.' })
    this.#closing.abort(reason)
    for (const waiter of [...this.#waiters]) waiter.reject(reason)
    for (const connection of this.#busy)
      connection.destroy(new ConnectorError({ code: 'cancelled', message: 'The connection was closed.' }))
    await Promise.all(this.#idle.splice(0).map((connection) => connection.end()))
  }

  async #free(signal: AbortSignal): Promise<LdapConnection> {
    for (let found = this.#idle.pop(); found !== undefined; found = this.#idle.pop()) {
      if (!found.isLost) return found
      found.destroy(undefined)
    }
    return this.#open(AbortSignal.any([signal, this.#closing.signal]))
  }

  #place(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.#closing.signal.throwIfAborted()
    if (this.#places < this.#max) {
      this.#places += 1
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', aborted)
        this.#waiters.delete(waiter)
      }
      const waiter: Waiter = {
        resolve: () => (leave(), resolve()),
        reject: (error) => (leave(), reject(error)),
      }
      const aborted = (): void => waiter.reject(signal.reason)
      const timer = setTimeout(() => waiter.reject(exhausted(this.#max, this.#acquireMs)), this.#acquireMs)
      signal.addEventListener('abort', aborted, { once: true })
      this.#waiters.add(waiter)
    })
  }

  #leave(): void {
    const [waiter] = this.#waiters
    if (waiter === undefined) this.#places -= 1
    else waiter.resolve()
  }

  #endIdle(): void {
    const now = performance.now()
    for (
      let [oldest] = this.#idle;
      oldest !== undefined && now - oldest.idleSince >= this.#idleMs;
      [oldest] = this.#idle
    ) {
      this.#idle.shift()
      void oldest.end()
    }
  }
}

function exhausted(max: number, acquireMs: number): ConnectorError {
  return new ConnectorError({
    code: 'unavailable',
    applied: 'no',
    message: `LDAP: none of the ${max} connections (pool.max) became free within ${acquireMs} ms (pool.acquireMs).`,
  })
}
