const maxReturned = 1_000

/** Entries that one consumer has been given and has not answered: with the handler, or given back until their time comes. */
export class Unanswered {
  readonly consumer: string
  readonly #withHandler = new Set<string>()
  /** Ids that were given back, and when they are due, as `performance.now()`. */
  readonly #returned = new Map<string, number>()

  constructor(consumer: string) {
    this.consumer = consumer
  }

  /** Nothing new is read while so many wait to be brought again. */
  get isFull(): boolean {
    return this.#returned.size >= maxReturned
  }

  /** False where the entry is with the handler already, or waits for its time. */
  begin(id: string): boolean {
    if (this.#withHandler.has(id) || this.#returned.has(id)) return false
    this.#withHandler.add(id)
    return true
  }

  forget(id: string): void {
    this.#withHandler.delete(id)
  }

  giveBack(id: string, delayMs: number): void {
    this.#withHandler.delete(id)
    this.#returned.set(id, performance.now() + delayMs)
  }

  takeDue(): string[] {
    const now = performance.now()
    const due = [...this.#returned].filter(([, at]) => at <= now).map(([id]) => id)
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
