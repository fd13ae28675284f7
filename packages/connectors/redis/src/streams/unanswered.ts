const maxReturned = 1_000

/** Entries that one consumer has been given and has not answered: with the handler, or given back until their time comes. */
export class Unanswered {
  readonly consumer: string
  readonly #withHandler = new Set<string>()
  /** Ids that were given back, and when they are due, as `performance.now()`. */
  readonly #returned = new Map<string, number>()
  #released: (() => void) | undefined

  constructor(consumer: string) {
    this.consumer = consumer
  }

  /** Nothing new is read while so many wait to be brought again. */
  get isFull(): boolean {
    return this.#returned.size >= maxReturned
  }

  /** How many entries are with the handler. */
  get handling(): number {
    return this.#withHandler.size
  }

  /** Ids of the entries that are with the handler. */
  get inHands(): string[] {
    return [...this.#withHandler]
  }

  /** False where the entry is with the handler already, or waits for its time. */
  begin(id: string): boolean {
    if (this.#withHandler.has(id) || this.#returned.has(id)) return false
    this.#withHandler.add(id)
    return true
  }

  forget(id: string): void {
    this.#withHandler.delete(id)
    this.#released?.()
  }

  giveBack(id: string, delayMs: number): void {
    this.#withHandler.delete(id)
    this.#returned.set(id, performance.now() + delayMs)
    this.#released?.()
  }

  /** Resolves when the handler is done with an entry, or after `maxMs`. */
  whenReleased(maxMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#released = undefined
        resolve()
      }
      const timer = setTimeout(done, maxMs)
      this.#released = done
    })
  }

  /** Ids whose time has come, the first ones first. */
  takeDue(most: number): string[] {
    const now = performance.now()
    const due = [...this.#returned]
      .filter(([, at]) => at <= now)
      .map(([id]) => id)
      .slice(0, most)
    for (const id of due) this.#returned.delete(id)
    return due
  }

  /** How long to wait for new entries: until the next one is due, from 1 ms to `maxMs`. */
  waitMs(maxMs: number): number {
    let wait = maxMs
    for (const at of this.#returned.values()) wait = Math.min(wait, at - performance.now())
    return Math.max(1, Math.ceil(wait))
  }
}
