const windowMs = 30_000

/** The quickest answer of the last 30 to 60 s: what an answer takes where nobody is queued before it. */
export class Quickest {
  #current = Number.POSITIVE_INFINITY
  #previous = Number.POSITIVE_INFINITY
  #since = Number.NEGATIVE_INFINITY

  /** Takes an answer's duration in, ms, and gives how much longer it took than the quickest, ms. */
  excess(durationMs: number, now: number): number {
    if (now - this.#since >= windowMs) {
      this.#previous = now - this.#since >= 2 * windowMs ? Number.POSITIVE_INFINITY : this.#current
      this.#current = Number.POSITIVE_INFINITY
      this.#since = now
    }
    this.#current = Math.min(this.#current, durationMs)
    return durationMs - Math.min(this.#current, this.#previous)
  }
}
