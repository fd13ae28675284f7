import { backoffMs } from '@casare/resilience'
import type { Handler, ListenOptions, Subscription } from '../contract/connection.ts'
import type { AnyListen, ListenContext } from '../contract/stream.ts'
import { ConnectorError, invalidInput } from '../errors/connector-error.ts'
import { validateSync } from '../schemas/validate.ts'
import { channels } from '../telemetry/channels.ts'
import { Deliveries, type Counters } from './deliveries.ts'
import type { Runtime } from './runtime.ts'
import { SubscriptionContext } from './subscription-context.ts'
import { toConnectorError } from './to-connector-error.ts'

const reconnectBackoff = { baseMs: 200, capMs: 30_000 }
const defaultDrainMs = 30_000

/** Failures that no reconnect mends; before the first connection stands they end the subscription. */
const hopeless = new Set(['invalid_input', 'unauthenticated', 'permission_denied', 'not_found', 'unsupported'])

/** Starts a listener; returns at once. */
export function listenStream(
  runtime: Runtime,
  name: string,
  facet: AnyListen,
  input: unknown,
  handler: Handler<unknown>,
  options: ListenOptions = {},
): Subscription {
  const { concurrency = 1 } = options
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 10_000)
    throw invalidInput(`${name}.listen: concurrency must be a whole number from 1 to 10,000.`)
  const parsed: unknown = validateSync(facet.input, input ?? {}, `${name}.listen input`)
  return new Listener(runtime, `${name}.listen`, facet, parsed, handler, { ...options, concurrency })
}

class Listener implements Subscription {
  readonly #runtime: Runtime
  readonly #name: string
  readonly #facet: AnyListen
  readonly #input: unknown
  readonly #options: ListenOptions & { readonly concurrency: number }
  readonly #stop = new AbortController()
  readonly #ready = Promise.withResolvers<void>()
  readonly #deliveries: Deliveries
  readonly ready: Promise<void>
  readonly closed: Promise<void>
  readonly stats: Counters
  #established = false
  #connected = false
  #failures = 0
  #lastSign = 0

  constructor(
    runtime: Runtime,
    name: string,
    facet: AnyListen,
    input: unknown,
    handler: Handler<unknown>,
    options: ListenOptions & { readonly concurrency: number },
  ) {
    this.#runtime = runtime
    this.#name = name
    this.#facet = facet
    this.#input = input
    this.#options = options
    this.#deliveries = new Deliveries(runtime, name, handler, options)
    this.stats = this.#deliveries.stats
    this.ready = this.#ready.promise
    this.closed = this.#run()
    // Both are for those who want to know; nobody has to.
    this.ready.catch(() => undefined)
    this.closed.catch(() => undefined)
  }

  get alive(): boolean {
    const { heartbeatMs } = this.#facet
    return this.#connected && (heartbeatMs === undefined || Date.now() - this.#lastSign <= heartbeatMs)
  }

  async stop(options: { readonly drainMs?: number | undefined } = {}): Promise<void> {
    this.#stop.abort(stopped)
    const timer = setTimeout(() => this.#deliveries.abort(stopped), options.drainMs ?? defaultDrainMs)
    try {
      await this.closed.catch(() => undefined)
    } finally {
      clearTimeout(timer)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Subscribes again and again, without end, until asked to stop or until the first try proves that it cannot work. */
  async #run(): Promise<void> {
    const { signal } = this.#options
    const stop = (): void => this.#stop.abort(signal?.reason ?? stopped)
    if (signal?.aborted === true) stop()
    else signal?.addEventListener('abort', stop, { once: true })
    // At once: a connector that waits for its event to be taken would otherwise see one more handled.
    this.#stop.signal.addEventListener('abort', () => this.#deliveries.refuse(), { once: true })
    if (this.#stop.signal.aborted) this.#deliveries.refuse()
    const closing = this.#runtime.holder.closing
    closing.addEventListener('abort', stop, { once: true })
    try {
      while (!this.#stop.signal.aborted) await this.#subscribeOnce()
      if (!this.#established) this.#ready.reject(stopped)
    } catch (error) {
      this.#ready.reject(error)
      throw error
    } finally {
      signal?.removeEventListener('abort', stop)
      closing.removeEventListener('abort', stop)
      await this.#deliveries.end()
    }
  }

  async #subscribeOnce(): Promise<void> {
    const connection = new AbortController()
    const end = (): void => connection.abort(this.#stop.signal.reason)
    this.#stop.signal.addEventListener('abort', end, { once: true })
    const watchdog = this.#watch(connection)
    try {
      const client = await this.#runtime.source.get(connection.signal)
      await this.#facet.subscribe(client, this.#input, this.#contextFor(connection.signal))
      if (!this.#stop.signal.aborted)
        throw new ConnectorError({ code: 'unavailable', message: `${this.#name}: the system ended the subscription.` })
    } catch (error) {
      if (!this.#stop.signal.aborted)
        await this.#afterFailure(connection.signal.aborted ? connection.signal.reason : error)
    } finally {
      clearInterval(watchdog)
      this.#connected = false
      this.#stop.signal.removeEventListener('abort', end)
      if (!connection.signal.aborted) connection.abort(stopped)
    }
  }

  /** Restarts a subscription that has been silent for longer than its heartbeat. */
  #watch(connection: AbortController): NodeJS.Timeout | undefined {
    const { heartbeatMs } = this.#facet
    if (heartbeatMs === undefined) return undefined
    this.#lastSign = Date.now()
    return setInterval(
      () => {
        if (Date.now() - this.#lastSign <= heartbeatMs) return
        this.#event('stalled', { silentMs: Date.now() - this.#lastSign })
        connection.abort(
          new ConnectorError({ code: 'timeout', message: `${this.#name}: no sign of life for ${heartbeatMs} ms.` }),
        )
      },
      Math.max(10, heartbeatMs / 4),
    )
  }

  async #afterFailure(error: unknown): Promise<void> {
    const failure = this.#toError(error)
    this.#options.onError?.(failure)
    if (!this.#established && hopeless.has(failure.code)) throw failure
    this.#failures += 1
    const delayMs = backoffMs(this.#failures, { ...reconnectBackoff, retryAfterMs: failure.retryAfterMs })
    this.#event('reconnect', { code: failure.code, delayMs })
    this.stats.reconnects += 1
    await pause(delayMs, this.#stop.signal)
  }

  #contextFor(signal: AbortSignal): ListenContext<unknown> {
    return new SubscriptionContext(this.#runtime, signal, {
      concurrency: this.#options.concurrency,
      deliver: (delivery) => {
        this.#sign()
        return this.#deliveries.push(delivery)
      },
      ready: () => {
        this.#sign()
        this.#established = true
        this.#connected = true
        this.#failures = 0
        this.#ready.resolve()
      },
      alive: () => this.#sign(),
    })
  }

  #sign(): void {
    this.#lastSign = Date.now()
  }

  #toError(error: unknown): ConnectorError {
    return toConnectorError(
      this.#runtime,
      {
        name: this.#name,
        effect: 'read',
        idempotencyKey: undefined,
        started: true,
        attempts: this.#failures + 1,
        callerSignal: undefined,
      },
      error,
    )
  }

  #event(name: string, detail: Readonly<Record<string, unknown>>): void {
    if (channels.event.hasSubscribers)
      channels.event.publish({ connector: this.#runtime.spec.name, name, detail: { operation: this.#name, ...detail } })
  }
}

const stopped = new ConnectorError({ code: 'cancelled', applied: 'no', message: 'The subscription was stopped.' })

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, delayMs)
    signal.addEventListener('abort', done, { once: true })
  })
}
