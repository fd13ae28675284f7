import type { Clock } from '../src/clock.ts'

interface Timer {
  readonly at: number
  readonly sequence: number
  readonly callback: () => void
  readonly keepAlive: boolean
}

/** A clock that stands still until a test moves it. */
export class VirtualClock implements Clock {
  #now: number
  #sequence = 0
  readonly #timers = new Set<Timer>()

  constructor(startAt = 1_000) {
    this.#now = startAt
  }

  now(): number {
    return this.#now
  }

  setTimer(callback: () => void, delayMs: number, keepAlive: boolean): Timer {
    const timer = { at: this.#now + Math.max(1, delayMs), sequence: this.#sequence++, callback, keepAlive }
    this.#timers.add(timer)
    return timer
  }

  clearTimer(timer: unknown): void {
    this.#timers.delete(timer as Timer)
  }

  /** Timers that are set, and those of them that would keep the process alive. */
  get pending(): { all: number; keepAlive: number } {
    return { all: this.#timers.size, keepAlive: [...this.#timers].filter((timer) => timer.keepAlive).length }
  }

  /** Moves the time on, runs what is due in order, and lets all promise work that follows from it happen. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    await settle()
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= until)
      const next = due.sort((a, b) => a.at - b.at || a.sequence - b.sequence)[0]
      if (next === undefined) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.callback()
      await settle()
    }
    this.#now = until
  }
}

/** Lets all promise work happen that can. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

/** The garbage collector, as a function. */
export async function collector(): Promise<() => void> {
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

/** A promise with its settlers, and how often it was asked for. */
export function deferred<T>(): { promise: Promise<T>; resolve(value: T): void; reject(error: unknown): void } {
  return Promise.withResolvers<T>()
}

/** An error with facts. */
export function failure(facts: object, message = 'failed'): Error {
  return Object.assign(new Error(message), facts)
}

/** What may be repeated. */
export const transient = { retryable: true, applied: 'no' }

/** What a promise came to so far. */
export interface Watched<T> {
  state: 'pending' | 'resolved' | 'rejected'
  value?: T
  error?: { readonly code?: string }
}

/** Follows a promise without waiting for it. */
export function watch<T>(promise: Promise<T>): Watched<T> {
  const watched: Watched<T> = { state: 'pending' }
  promise.then(
    (value) => Object.assign(watched, { state: 'resolved', value }),
    (error: unknown) => Object.assign(watched, { state: 'rejected', error }),
  )
  return watched
}
