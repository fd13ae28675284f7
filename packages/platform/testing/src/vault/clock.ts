/** The simulator's own time, so that a test need not wait for an hour to be over. */
export class Clock {
  #aheadMs = 0

  get now(): number {
    return Date.now() + this.#aheadMs
  }

  /** As Vault writes times. */
  get text(): string {
    return timeText(this.now)
  }

  advance(seconds: number): void {
    this.#aheadMs += seconds * 1_000
  }
}

export function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}

/** Whole seconds from now until then, at least 0. */
export function secondsUntil(clock: Clock, milliseconds: number): number {
  return Math.max(0, Math.ceil((milliseconds - clock.now) / 1_000))
}
