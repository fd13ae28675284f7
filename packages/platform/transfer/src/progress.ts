/** How far a transfer is. */
export interface TransferProgress {
  /** Entries found so far; all of them when `listed` is true. */
  readonly found: number
  readonly listed: boolean
  readonly moved: number
  readonly skipped: number
  readonly failed: number
  /** Bytes of the entries found that have to be moved, as far as their sizes are told. */
  readonly bytesToMove: number
  /** Bytes that went through this process. */
  readonly bytesMoved: number
  /** Bytes that an earlier process had sent. */
  readonly bytesResumed: number
  /** Bytes per second over the last seconds. */
  readonly bytesPerSecond: number
  /** Milliseconds left at that rate; `undefined` as long as not all entries are found. */
  readonly remainingMs: number | undefined
}

const windowMs = 5_000

/** Counts what happens and tells of it, at most ten times a second. */
export class ProgressMeter {
  found = 0
  listed = false
  moved = 0
  skipped = 0
  failed = 0
  bytesToMove = 0
  bytesMoved = 0
  bytesResumed = 0
  readonly #told: ((progress: TransferProgress) => void) | undefined
  readonly #marks: { at: number; bytes: number }[] = []
  #lastTold = -Infinity

  constructor(told: ((progress: TransferProgress) => void) | undefined) {
    this.#told = told
  }

  changed(force = false): void {
    const now = performance.now()
    if (this.#told === undefined || (!force && now - this.#lastTold < 100)) return
    this.#lastTold = now
    this.#marks.push({ at: now, bytes: this.bytesMoved })
    while (this.#marks.length > 2 && (this.#marks[0]?.at ?? now) < now - windowMs) this.#marks.shift()
    this.#told(this.snapshot())
  }

  snapshot(): TransferProgress {
    const { found, listed, moved, skipped, failed, bytesToMove, bytesMoved, bytesResumed } = this
    const [first, last] = [this.#marks[0], this.#marks.at(-1)]
    const seconds = first === undefined || last === undefined ? 0 : (last.at - first.at) / 1_000
    const bytesPerSecond = seconds > 0 ? Math.max(0, ((last?.bytes ?? 0) - (first?.bytes ?? 0)) / seconds) : 0
    const left = Math.max(0, bytesToMove - bytesMoved - bytesResumed)
    return {
      ...{ found, listed, moved, skipped, failed, bytesToMove, bytesMoved, bytesResumed, bytesPerSecond },
      remainingMs: listed && bytesPerSecond > 0 ? Math.round((left / bytesPerSecond) * 1_000) : undefined,
    }
  }
}
