import { checkKeys, checkNumber } from './check-option.ts'
import type { Clock } from './clock.ts'
import { Keyed } from './keyed.ts'
import { Policy } from './policy.ts'
import { WaitQueue, type Waiter } from './wait-queue.ts'

/** Options of `rateLimit`. */
export interface RateLimitOptions {
  /** Attempts that may start per `perMs`; 0.001 to 1,000,000. */
  readonly permits: number
  /** The period that `permits` counts for, ms; 1 to 86,400,000, default 1,000. */
  readonly perMs?: number | undefined
  /** Attempts that may start at once after a pause; an integer from 1 to 1,000,000, default `permits` rounded up. */
  readonly burst?: number | undefined
  /** Attempts that may wait for their turn; an integer from 0 to 1,000,000, default 1,000. */
  readonly maxQueued?: number | undefined
}

/** State of a rate limit for one target. */
export interface RateLimitState {
  /** Attempts that may start at once. */
  readonly permits: number
  readonly queued: number
}

/** The permits of one target. */
export class RateLimitTarget {
  readonly queue = new WaitQueue()
  readonly #policy: RateLimit
  #permits: number
  #updatedAt = Number.NEGATIVE_INFINITY
  #timer: unknown = undefined

  constructor(policy: RateLimit) {
    this.#policy = policy
    this.#permits = policy.burst
  }

  tryTake(now: number): boolean {
    if (this.queue.size > 0) return false
    this.#fill(now)
    return this.#take()
  }

  /** Lets the waiter wait; `false` where the queue is full. */
  join(waiter: Waiter, clock: Clock): boolean {
    if (this.queue.size >= this.#policy.maxQueued) return false
    this.queue.push(waiter)
    this.#schedule(clock)
    return true
  }

  /** Milliseconds until a new call would get its turn. */
  turnInMs(): number {
    return (this.queue.size + 1 - this.#permits) / this.#policy.permitsPerMs
  }

  permitsAt(now: number): number {
    this.#fill(now)
    return this.#permits
  }

  isIdle(now: number): boolean {
    return this.queue.size === 0 && this.permitsAt(now) >= this.#policy.burst
  }

  #take(): boolean {
    if (this.#permits < 1 - 1e-9) return false
    this.#permits = Math.max(0, this.#permits - 1)
    return true
  }

  #fill(now: number): void {
    if (now <= this.#updatedAt) return
    const gained = (now - this.#updatedAt) * this.#policy.permitsPerMs
    this.#permits = Math.min(this.#policy.burst, this.#permits + gained)
    this.#updatedAt = now
  }

  #schedule(clock: Clock): void {
    if (this.#timer !== undefined) return
    const waitMs = Math.max(1, Math.ceil((1 - this.#permits) / this.#policy.permitsPerMs))
    this.#timer = clock.setTimer(() => this.#grant(clock), Math.min(waitMs, 60_000), true)
  }

  #grant(clock: Clock): void {
    this.#timer = undefined
    this.#fill(clock.now())
    while (this.queue.size > 0 && this.#take()) this.queue.shift()?.granted()
    if (this.queue.size > 0) this.#schedule(clock)
  }
}

/** A token bucket over the starts of attempts, per target. */
export class RateLimit extends Policy {
  readonly kind = 'rateLimit'
  readonly permitsPerMs: number
  readonly burst: number
  readonly maxQueued: number
  readonly targets = new Keyed(() => new RateLimitTarget(this))

  constructor(options: RateLimitOptions) {
    super()
    checkKeys('rateLimit', options, ['permits', 'perMs', 'burst', 'maxQueued'])
    const permits = checkNumber('rateLimit.permits', options.permits, Number.NaN, {
      unit: 'attempts',
      min: 0.001,
      max: 1_000_000,
    })
    if (Number.isNaN(permits)) throw new TypeError('rateLimit.permits (attempts per perMs) is required')
    const perMs = checkNumber('rateLimit.perMs', options.perMs, 1_000, {
      unit: 'milliseconds',
      min: 1,
      max: 86_400_000,
    })
    const rule = { unit: 'attempts', max: 1_000_000, integer: true }
    this.permitsPerMs = permits / perMs
    this.burst = checkNumber('rateLimit.burst', options.burst, Math.ceil(permits), { ...rule, min: 1 })
    this.maxQueued = checkNumber('rateLimit.maxQueued', options.maxQueued, 1_000, { ...rule, min: 0 })
  }

  /** The state for a target, as plain data, as of its last use. */
  state(key = ''): RateLimitState {
    const target = this.targets.peek(key)
    return { permits: target?.permitsAt(Number.NEGATIVE_INFINITY) ?? this.burst, queued: target?.queue.size ?? 0 }
  }
}

/**
 * Limits how many attempts start per time. Beyond that attempts wait in order; beyond the queue they are rejected with
 * code `rate_limited` and `retryAfterMs`.
 * @throws RangeError or TypeError where an option is invalid
 */
export function rateLimit(options: RateLimitOptions): RateLimit {
  return new RateLimit(options)
}
