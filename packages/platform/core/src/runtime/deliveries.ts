import type { Handler, ListenOptions, SubscriptionStats } from '../contract/connection.ts'
import type { PendingDelivery } from '../contract/stream.ts'
import { ConnectorError } from '../errors/connector-error.ts'
import { runCall } from './call.ts'
import { DeliveryQueue } from './delivery-queue.ts'
import type { Runtime } from './runtime.ts'

const maxNackDelayMs = 60_000

/** What a subscription counts. */
export type Counters = { -readonly [K in keyof SubscriptionStats]: SubscriptionStats[K] }

/** The deliveries of one subscription: their way to the handler, and the answer that follows from its promise. */
export class Deliveries {
  readonly stats: Counters = {
    delivered: 0,
    acknowledged: 0,
    returned: 0,
    deadLettered: 0,
    reconnects: 0,
    inFlight: 0,
  }
  readonly #runtime: Runtime
  readonly #name: string
  readonly #handler: Handler<unknown>
  readonly #options: ListenOptions
  readonly #handlers = new AbortController()
  readonly #queue: DeliveryQueue

  constructor(
    runtime: Runtime,
    name: string,
    handler: Handler<unknown>,
    options: ListenOptions & { readonly concurrency: number },
  ) {
    this.#runtime = runtime
    this.#name = name
    this.#handler = handler
    this.#options = options
    this.#queue = new DeliveryQueue(options.concurrency, (delivery) => this.#handle(delivery))
  }

  /** Resolves when there is room for the next one. */
  push(delivery: PendingDelivery<unknown>): Promise<void> {
    this.stats.delivered += 1
    return this.#queue.push(delivery)
  }

  /** Takes no more: what waits for its turn is let go. */
  refuse(): void {
    this.#queue.refuse()
  }

  /** Takes no more and resolves when the running handlers are done. */
  end(): Promise<void> {
    return this.#queue.end()
  }

  /** Tells the handlers that nobody waits for them any longer. */
  abort(reason: unknown): void {
    this.#handlers.abort(reason)
  }

  /** The handler's promise is the ack. One promise per delivery, where the answer is given at once: this is the hot path. */
  #handle(delivery: PendingDelivery<unknown>): void {
    this.stats.inFlight += 1
    const { id, key, redelivered, event } = delivery
    let handled: Promise<unknown> | void
    try {
      handled = this.#handler(event, { id, key, redelivered, event, signal: this.#handlers.signal })
    } catch (error) {
      this.#finishAfter(delivery, this.#refuse(delivery, error))
      return
    }
    if (handled === undefined) this.#acknowledge(delivery)
    else
      Promise.resolve(handled).then(
        () => this.#acknowledge(delivery),
        (error: unknown) => this.#finishAfter(delivery, this.#refuse(delivery, error)),
      )
  }

  #acknowledge(delivery: PendingDelivery<unknown>): void {
    let sent: Promise<void> | void
    try {
      sent = delivery.ack()
    } catch (error) {
      this.#options.onError?.(error)
      return this.#finish(delivery)
    }
    if (sent !== undefined)
      return this.#finishAfter(
        delivery,
        this.#answer(() => sent, 'acknowledged'),
      )
    this.stats.acknowledged += 1
    this.#finish(delivery)
  }

  #finishAfter(delivery: PendingDelivery<unknown>, answered: Promise<void>): void {
    void answered.finally(() => this.#finish(delivery))
  }

  #finish(delivery: PendingDelivery<unknown>): void {
    this.stats.inFlight -= 1
    this.#queue.finish(delivery)
  }

  async #refuse(delivery: PendingDelivery<unknown>, error: unknown): Promise<void> {
    this.#options.onError?.(error)
    const poison = ConnectorError.is(error) && !error.retryable && error.code !== 'cancelled'
    if (poison && delivery.deadLetter !== undefined)
      return this.#answer(() => delivery.deadLetter?.(error), 'deadLettered')
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
}
