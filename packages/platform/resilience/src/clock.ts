/** A source of time. Give one of your own to run policies in virtual time. */
export interface Clock {
  /** Monotonic milliseconds since any fixed moment. */
  now(): number
  /**
   * Calls back once, not before `delayMs` have passed.
   * @param keepAlive whether the timer keeps the process alive
   */
  setTimer(callback: () => void, delayMs: number, keepAlive: boolean): unknown
  /** Forgets a timer; one that has fired already is no error. */
  clearTimer(timer: unknown): void
}

/** Real time: `performance.now()` and Node's timers. */
export const systemClock: Clock = Object.freeze({
  now: () => performance.now(),
  setTimer(callback: () => void, delayMs: number, keepAlive: boolean): unknown {
    const timer = setTimeout(callback, delayMs)
    if (!keepAlive) timer.unref()
    return timer
  },
  clearTimer(timer: unknown): void {
    clearTimeout(timer as NodeJS.Timeout)
  },
})
