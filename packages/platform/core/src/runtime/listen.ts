import { backoffMs } from '@casare/resilience'
import type { CallContext } from '../contract/call.ts'
import type { Handler, ListenOptions, Subscription, SubscriptionStats } from '../contract/connection.ts'
import type { AnyListen, ListenContext, PendingDelivery } from '../contract/stream.ts'
import { ConnectorError, invalidInput } from '../errors/connector-error.ts'
import { validateSync } from '../schemas/validate.ts'
import { channels } from '../telemetry/channels.ts'
import { runCall } from './call.ts'
import { DelegatedContext } from './delegated-context.ts'
import { DeliveryQueue } from './delivery-queue.ts'
import type { Runtime } from './runtime.ts'
import { toConnectorError } from './to-connector-error.ts'

const reconnectBackoff = { baseMs: 200, capMs: 30_000 }
const defaultDrainMs = 30_000
const maxNackDelayMs = 60_000

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
  readonly #handler: Handler<unknown>
  readonly #options: ListenOptions & { readonly concurrency: number }
  readonly #stop = new AbortController()
  readonly #handlers = new AbortController()
  readonly #ready = Promise.withResolvers<void>()
  readonly #queue: DeliveryQueue
  readonly ready: Promise<void>
  readonly closed: Promise<void>
  readonly stats: { -readonly [K in keyof SubscriptionStats]: SubscriptionStats[K] } = {
    delivered: 0,
    acknowledged: 0,
    returned: 0,
    deadLettered: 0,
    reconnects: 0,
    inFlight: 0,
  }
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
    this.#handler = handler
    this.#options = options
    this.#queue = new DeliveryQueue(options.concurrency, (delivery) => this.#handle(delivery))
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
    const timer = setTimeout(() => this.#handlers.abort(stopped), options.drainMs ?? defaultDrainMs)
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
    this.#stop.signal.addEventListener('abort', () => this.#queue.refuse(), { once: true })
    if (this.#stop.signal.aborted) this.#queue.refuse()
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
      await this.#drain()
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
        this.stats.delivered += 1
        return this.#queue.push(delivery)
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

  /** The handler's promise is the ack. */
  async #handle(delivery: PendingDelivery<unknown>): Promise<void> {
    this.stats.inFlight += 1
    try {
      const { id, key, redelivered, event } = delivery
      await this.#handler(event, { id, key, redelivered, event, signal: this.#handlers.signal })
      await this.#answer(() => delivery.ack(), 'acknowledged')
    } catch (error) {
      await this.#refuse(delivery, error)
    } finally {
      this.stats.inFlight -= 1
    }
  }

  async #refuse(delivery: PendingDelivery<unknown>, error: unknown): Promise<void> {
    this.#options.onError?.(error)
    const poison = ConnectorError.is(error) && !error.retryable && error.code !== 'cancelled'
    const { deadLetter } = delivery
    if (poison && deadLetter !== undefined) return this.#answer(() => deadLetter(error), 'deadLettered')
    const delayMs =
      ConnectorError.is(error) && error.retryAfterMs !== undefined
        ? Math.min(error.retryAfterMs, maxNackDelayMs)
        : 1_000
    await this.#answer(() => delivery.nack(error, delayMs), 'returned')
  }

  /** The answer is its own short call; where it is lost, the system delivers again. One that is given at once is no call. */
  async #answer(
    send: () => Promise<void> | void,
    counter: 'acknowledged' | 'returned' | 'deadLettered',
  ): Promise<void> {
    try {
      const sent = send()
      if (sent !== undefined) {
        // Where the call ends before it, nobody else looks at how it ended.
        sent.catch(() => undefined)
        await runCall(this.#runtime, {
          name: this.#name,
          effect: 'idempotent',
          options: { timeoutMs: 30_000 },
          once: true,
          run: () => sent,
        })
      }
      this.stats[counter] += 1
    } catch (error) {
      this.#options.onError?.(error)
    }
  }

  async #drain(): Promise<void> {
    await this.#queue.end()
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

type SubscriptionHooks = Pick<ListenContext<unknown>, 'concurrency' | 'deliver' | 'ready' | 'alive'>

class SubscriptionContext extends DelegatedContext implements ListenContext<unknown> {
  readonly concurrency: number
  readonly deliver: SubscriptionHooks['deliver']
  readonly ready: SubscriptionHooks['ready']
  readonly alive: SubscriptionHooks['alive']

  constructor(runtime: Runtime, signal: AbortSignal, hooks: SubscriptionHooks) {
    super(endless(runtime, signal))
    this.concurrency = hooks.concurrency
    this.deliver = hooks.deliver
    this.ready = hooks.ready
    this.alive = hooks.alive
  }
}

/** The context of something that has no attempt and no deadline. */
function endless(runtime: Runtime, signal: AbortSignal): CallContext {
  return {
    signal,
    deadline: undefined,
    remainingMs: undefined,
    attempt: 1,
    effect: 'read',
    idempotencyKey: undefined,
    vendor: undefined,
    fileRoots: runtime.fileRoots,
    redactor: runtime.config.redactor,
    note() {},
  }
}

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
