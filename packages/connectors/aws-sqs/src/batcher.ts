/** How a batcher gathers and sends. */
export interface BatcherOptions<Item> {
  /** The most items of one batch. */
  readonly maxItems: number
  /** The most bytes of one batch. */
  readonly maxBytes: number
  /** How long an item waits for others, in milliseconds. */
  readonly waitMs: number
  /** The most batches on their way at once. */
  readonly concurrency: number
  bytesOf(item: Item): number
  /** Sends a batch; answers with one entry per item: `undefined`, or why it failed. Throws where the whole batch did. */
  send(items: readonly Item[]): Promise<readonly unknown[]>
}

interface Waiting<Item> {
  readonly item: Item
  readonly bytes: number
  resolve(failure: unknown): void
}

/** Gathers what is handed over within a moment, from whomever, and sends it together: ten for the price of one. */
export class Batcher<Item> {
  readonly #options: BatcherOptions<Item>
  #waiting: Waiting<Item>[] = []
  #bytes = 0
  #timer: NodeJS.Timeout | undefined
  #running = 0
  /** Batches that are full, or whose wait is over. */
  readonly #ready: Waiting<Item>[][] = []

  constructor(options: BatcherOptions<Item>) {
    this.#options = options
  }

  /** Resolves when the item's batch has been answered: to `undefined`, or to why this item failed. */
  add(item: Item): Promise<unknown> {
    const { maxItems, maxBytes, waitMs, bytesOf } = this.#options
    const bytes = bytesOf(item)
    if (this.#bytes + bytes > maxBytes) this.#close()
    return new Promise((resolve) => {
      this.#waiting.push({ item, bytes, resolve })
      this.#bytes += bytes
      if (this.#waiting.length >= maxItems) this.#close()
      else this.#timer ??= setTimeout(() => this.#close(), waitMs)
    })
  }

  #close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#waiting.length > 0) this.#ready.push(this.#waiting)
    this.#waiting = []
    this.#bytes = 0
    this.#next()
  }

  #next(): void {
    while (this.#running < this.#options.concurrency) {
      const batch = this.#ready.shift()
      if (batch === undefined) return
      void this.#send(batch)
    }
  }

  async #send(batch: readonly Waiting<Item>[]): Promise<void> {
    this.#running += 1
    try {
      const failures = await this.#options.send(batch.map(({ item }) => item))
      for (const [index, { resolve }] of batch.entries()) resolve(failures[index])
    } catch (error) {
      for (const { resolve } of batch) resolve(error)
    } finally {
      this.#running -= 1
      this.#next()
    }
  }
}
