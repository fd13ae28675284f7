import { ConnectorError } from '../errors/connector-error.ts'

/**
 * Holds the one client of a connection: opened at first use, single flight, closed once after the calls in flight are done.
 * A failed opening is forgotten, so that the next call tries again.
 */
export class ClientHolder<Client> {
  readonly #open: (signal: AbortSignal) => Promise<Client>
  readonly #close: (client: Client) => Promise<void> | void
  readonly #closing = new AbortController()
  /** The client once it is open, for callers that cannot afford a wait. */
  current: Client | undefined
  #opening: Promise<Client> | undefined
  #closed: Promise<void> | undefined
  #inFlight = 0
  #idle: (() => void) | undefined

  constructor(open: (signal: AbortSignal) => Promise<Client>, close: (client: Client) => Promise<void> | void) {
    this.#open = open
    this.#close = close
  }

  /** Aborted when the connection is being closed and its drain time is over. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  get isClosed(): boolean {
    return this.#closed !== undefined
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** The open client; a waiter whose signal aborts leaves the opening to the others. */
  async get(signal?: AbortSignal): Promise<Client> {
    if (this.current !== undefined) return this.current
    this.#opening ??= this.#start()
    if (signal === undefined) return this.#opening
    return Promise.race([this.#opening, rejectOnAbort(signal, this.#opening)])
  }

  async #start(): Promise<Client> {
    try {
      const client = await this.#open(this.#closing.signal)
      this.current = client
      return client
    } finally {
      this.#opening = undefined
    }
  }

  /** @throws `cancelled` once the connection is closed. */
  enter(): void {
    if (this.#closed !== undefined)
      throw new ConnectorError({ code: 'cancelled', applied: 'no', message: 'The connection is closed.' })
    this.#inFlight += 1
  }

  leave(): void {
    this.#inFlight -= 1
    if (this.#inFlight === 0) this.#idle?.()
  }

  /** Drains for up to `drainMs`, then aborts what still runs, then closes the client. Idempotent. */
  close(drainMs: number): Promise<void> {
    this.#closed ??= this.#drainAndClose(drainMs)
    return this.#closed
  }

  async #drainAndClose(drainMs: number): Promise<void> {
    if (this.#inFlight > 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#idle = resolve
      const timer = setTimeout(resolve, drainMs)
      await promise
      clearTimeout(timer)
    }
    this.#closing.abort(new ConnectorError({ code: 'cancelled', message: 'The connection was closed.' }))
    const client = this.current ?? (await this.#opening?.catch(() => undefined))
    this.current = undefined
    if (client !== undefined) await this.#close(client)
  }
}

/** Rejects when the signal aborts; its listener goes away with the opening. */
function rejectOnAbort<T>(signal: AbortSignal, settled: Promise<T>): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    settled.then(
      () => signal.removeEventListener('abort', abort),
      () => signal.removeEventListener('abort', abort),
    )
  })
}
