const bucketCount = 10

/** Counts of outcomes over a sliding window, in ten steps; recording costs the same however many there are. */
export class OutcomeWindow {
  calls = 0
  failures = 0
  readonly #bucketMs: number
  readonly #calls = new Array<number>(bucketCount).fill(0)
  readonly #failures = new Array<number>(bucketCount).fill(0)
  #bucket = 0
  #bucketEndsAt = Number.NEGATIVE_INFINITY

  constructor(windowMs: number) {
    this.#bucketMs = windowMs / bucketCount
  }

  record(failed: boolean, now: number): void {
    if (now >= this.#bucketEndsAt) this.advance(now)
    this.calls++
    this.#calls[this.#bucket]! += 1
    if (!failed) return
    this.failures++
    this.#failures[this.#bucket]! += 1
  }

  /** Drops what has left the window by `now`. */
  advance(now: number): void {
    if (now < this.#bucketEndsAt) return
    const steps = Math.floor((now - this.#bucketEndsAt) / this.#bucketMs) + 1
    if (steps >= bucketCount) {
      this.clear()
      this.#bucketEndsAt = now + this.#bucketMs
      return
    }
    for (let step = 0; step < steps; step++) {
      this.#bucket = (this.#bucket + 1) % bucketCount
      this.calls -= this.#calls[this.#bucket]!
      this.failures -= this.#failures[this.#bucket]!
      this.#calls[this.#bucket] = 0
      this.#failures[this.#bucket] = 0
    }
    this.#bucketEndsAt += steps * this.#bucketMs
  }

  clear(): void {
    this.calls = 0
    this.failures = 0
    this.#calls.fill(0)
    this.#failures.fill(0)
  }
}
