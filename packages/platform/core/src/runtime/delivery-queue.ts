import type { PendingDelivery } from '../contract/stream.ts'

/**
 * Hands deliveries to a handler: at most `concurrency` at once, those of one key one after the other. `push` resolves when
 * the delivery has been taken on, so that its caller feels the back-pressure. One that starts at once costs no promise.
 */
export class DeliveryQueue {
  readonly #concurrency: number
  readonly #handle: (delivery: PendingDelivery<unknown>) => void
  readonly #waiting: { readonly delivery: PendingDelivery<unknown>; readonly taken: () => void }[] = []
  readonly #busyKeys = new Set<string>()
  readonly #taken = Promise.resolve()
  #running = 0
  #starting = false
  #ended = false
  #idle: (() => void) | undefined

  /** @param handle starts the handler and never throws; `finish` tells the queue that it is done. */
  constructor(concurrency: number, handle: (delivery: PendingDelivery<unknown>) => void) {
    this.#concurrency = concurrency
    this.#handle = handle
  }

  push(delivery: PendingDelivery<unknown>): Promise<void> {
    // Stopped: it was not acknowledged, so the system delivers it again to somebody else.
    if (this.#ended) return this.#taken
    if (!this.#starting && this.#waiting.length === 0 && this.#running < this.#concurrency && this.#isFree(delivery)) {
      this.#starting = true
      this.#start(delivery)
      this.#starting = false
      this.#next()
      return this.#taken
    }
    return new Promise((taken) => {
      this.#waiting.push({ delivery, taken })
      this.#next()
    })
  }

  /** The delivery has its answer. */
  finish({ key }: PendingDelivery<unknown>): void {
    this.#running -= 1
    if (key !== undefined) this.#busyKeys.delete(key)
    if (this.#running === 0) this.#idle?.()
    this.#next()
  }

  /** Takes no more: what waits for its turn is let go. */
  refuse(): void {
    this.#ended = true
    for (const { taken } of this.#waiting.splice(0)) taken()
  }

  /** Takes no more and resolves when the running handlers are done. */
  async end(): Promise<void> {
    this.refuse()
    if (this.#running === 0) return
    await new Promise<void>((resolve) => {
      this.#idle = resolve
    })
  }

  /** A loop rather than a call within a call: handlers that are done at once would go as deep as the queue is long. */
  #next(): void {
    if (this.#starting) return
    this.#starting = true
    while (this.#running < this.#concurrency) {
      const index = this.#waiting.findIndex(({ delivery }) => this.#isFree(delivery))
      const [entry] = index < 0 ? [] : this.#waiting.splice(index, 1)
      if (entry === undefined) break
      entry.taken()
      this.#start(entry.delivery)
    }
    this.#starting = false
  }

  #start(delivery: PendingDelivery<unknown>): void {
    if (delivery.claim?.() === false) return
    this.#running += 1
    if (delivery.key !== undefined) this.#busyKeys.add(delivery.key)
    this.#handle(delivery)
  }

  #isFree({ key }: PendingDelivery<unknown>): boolean {
    return key === undefined || !this.#busyKeys.has(key)
  }
}
