import { ConnectorError } from './errors/connector-error.ts'
import { nearest } from './runtime/nearest.ts'

/** Anything that can be closed; every connection is. */
export interface Closable {
  close(): Promise<void>
}

/** A connection lent by name. */
export interface Lease<C extends Closable> extends AsyncDisposable {
  readonly connection: C
  /** Gives the connection back. Idempotent. */
  release(): Promise<void>
}

/** Connections handed out by name, made at first use, shared, and closed when idle. */
export interface Connections<Table extends Readonly<Record<string, () => Closable>>> extends AsyncDisposable {
  /** Lends a connection. The first lease makes it; all others share it. */
  acquire<K extends keyof Table & string>(name: K): Lease<ReturnType<Table[K]>>
  /** Lends a connection for the duration of a callback. */
  use<K extends keyof Table & string, Result>(
    name: K,
    work: (connection: ReturnType<Table[K]>) => Promise<Result>,
  ): Promise<Result>
  readonly names: readonly (keyof Table & string)[]
  /** Closes all of them; new leases are refused. Idempotent. */
  close(): Promise<void>
}

interface Entry {
  connection: Closable | undefined
  leases: number
  timer: NodeJS.Timeout | undefined
}

/**
 * Shares connections by name: reference counted, closed after `idleMs` without a lease.
 * @param options.idleMs 0 to 2^31-1 milliseconds, default 60,000; the timer keeps no process alive.
 * @throws `not_found` from `acquire` for a name that is not in the table.
 */
export function connections<Table extends Readonly<Record<string, () => Closable>>>(
  table: Table,
  options: { readonly idleMs?: number | undefined } = {},
): Connections<Table> {
  const pool = new ConnectionPool(table, options.idleMs ?? 60_000)
  return {
    names: Object.keys(table),
    acquire: (name) => pool.acquire(name) as never,
    async use(name, work) {
      await using lease = pool.acquire(name)
      return await work(lease.connection as never)
    },
    close: () => pool.close(),
    [Symbol.asyncDispose]: () => pool.close(),
  }
}

class ConnectionPool {
  readonly #table: Readonly<Record<string, () => Closable>>
  readonly #idleMs: number
  readonly #entries = new Map<string, Entry>()
  #closed: Promise<void> | undefined

  constructor(table: Readonly<Record<string, () => Closable>>, idleMs: number) {
    this.#table = table
    this.#idleMs = idleMs
  }

  acquire(name: string): Lease<Closable> {
    if (this.#closed !== undefined)
      throw new ConnectorError({ code: 'cancelled', applied: 'no', message: 'The connections are closed.' })
    const make = Object.hasOwn(this.#table, name) ? this.#table[name] : undefined
    if (make === undefined)
      throw new ConnectorError({
        code: 'not_found',
        message: `There is no connection "${name}".${nearest(name, Object.keys(this.#table))}`,
      })
    const entry = this.#entries.get(name) ?? { connection: undefined, leases: 0, timer: undefined }
    this.#entries.set(name, entry)
    const connection = (entry.connection ??= make())
    clearTimeout(entry.timer)
    entry.leases += 1
    let released = false
    const release = async (): Promise<void> => {
      if (released) return
      released = true
      this.#release(entry)
    }
    return { connection, release, [Symbol.asyncDispose]: release }
  }

  #release(entry: Entry): void {
    entry.leases -= 1
    if (entry.leases > 0 || this.#closed !== undefined) return
    entry.timer = setTimeout(() => {
      const { connection } = entry
      entry.connection = undefined
      connection?.close().catch(() => undefined)
    }, this.#idleMs)
    entry.timer.unref()
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeAll()
    return this.#closed
  }

  async #closeAll(): Promise<void> {
    const open = [...this.#entries.values()]
    for (const { timer } of open) clearTimeout(timer)
    const results = await Promise.allSettled(
      open.flatMap(({ connection }) => (connection === undefined ? [] : [connection.close()])),
    )
    const failed = results.find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }
}
