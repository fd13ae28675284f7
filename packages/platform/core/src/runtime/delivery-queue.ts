import type { PendingDelivery } from '../contract/stream.ts'

/**
 * Hands deliveries to a handler: at most `concurrency` at once, those of one key one after the other. `push` resolves when
 * the delivery has been taken on, so that its caller feels the back-pressure.
 */
export class DeliveryQueue {
  readonly #concurrency: number
  readonly #handle: (delivery: PendingDelivery<unknown>) => Promise<void>
  readonly #waiting: { delivery: PendingDelivery<unknown>; taken: () => void }[] = []
  readonly #busyKeys = new Set<string>()
  #running = 0
  #ended = false
  #idle: (() => void) | undefined

  constructor(concurrency: number, handle: (delivery: PendingDelivery<unknown>) => Promise<void>) {
    this.#concurrency = concurrency
    this.#handle = handle
  }

  push(delivery: PendingDelivery<unknown>): Promise<void> {
    // Stopped: it was not acknowledged, so the system delivers it again to somebody else.
    if (this.#ended) return Promise.resolve()
    return new Promise((taken) => {
      this.#waiting.push({ delivery, taken })
      this.#next()
    })
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

  #next(): void {
    while (this.#running < this.#concurrency) {
      const index = this.#waiting.findIndex(
        ({ delivery }) => delivery.key === undefined || !this.#busyKeys.has(delivery.key),
      )
      const [entry] = index < 0 ? [] : this.#waiting.splice(index, 1)
      if (entry === undefined) return
      void this.#run(entry.delivery)
      entry.taken()
    }
  }

  async #run(delivery: PendingDelivery<unknown>): Promise<void> {
    this.#running += 1
    if (delivery.key !== undefined) this.#busyKeys.add(delivery.key)
    try {
      await this.#handle(delivery)
    } finally {
      this.#running -= 1
      if (delivery.key !== undefined) this.#busyKeys.delete(delivery.key)
      if (this.#running === 0) this.#idle?.()
      this.#next()
    }
  }
}
