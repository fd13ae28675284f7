import { checkKeys, checkNumber } from './check-option.ts'
import type { Clock } from './clock.ts'
import { Keyed } from './keyed.ts'
import { Policy } from './policy.ts'
import { Quickest } from './quickest.ts'
import { WaitQueue, type Waiter } from './wait-queue.ts'

/** Options of `adaptiveConcurrency`. */
export interface AdaptiveConcurrencyOptions {
  /** The limit before the first overload signal, operations; 1 to 1,000,000, default 1,000,000: none. */
  readonly initialLimit?: number | undefined
  /** The limit never grows beyond this, operations; 1 to 1,000,000, default 1,000,000. */
  readonly maxLimit?: number | undefined
  /** What an overload signal multiplies the limit with; 0.1 to 0.99, default 0.5. */
  readonly decreaseFactor?: number | undefined
  /** Calls that may wait for a slot; an integer from 0 to 1,000,000, default 32. */
  readonly maxQueued?: number | undefined
  /**
   * An answer that took this much longer than the quickest of the last minute is an overload signal: it was queued in the
   * target; ms, 1 to 3,600,000. Default: none. For targets whose calls all take about the same time.
   */
  readonly maxQueueingMs?: number | undefined
}

/** State of an adaptive limit for one target. */
export interface AdaptiveConcurrencyState {
  /** Operations that may run at the same time. */
  readonly limit: number
  readonly inFlight: number
  readonly queued: number
  /** The pause between operations, ms; 0 where the limit alone does. */
  readonly pauseMs: number
}

const firstPauseMs = 1_000
const longestPauseMs = 5_000
const shortestPauseMs = 50

/** The slots of one target. */
export class AdaptiveTarget {
  limit: number
  inFlight = 0
  /** Grows with each decrease: an overload of an attempt that started before the last decrease is no news. */
  epoch = 0
  /** Grows whenever operations that callers have given up are written off. */
  writeOffs = 0
  /** Where one operation at a time is still too much: the pause before the next, ms. */
  pauseMs = 0
  readonly queue = new WaitQueue()
  /** Where answers that take long count as overload. */
  readonly quickest: Quickest | undefined
  readonly #policy: AdaptiveConcurrency
  #abandoned = 0
  #nextStartAt = 0
  #granting = false
  #timer: unknown = undefined

  constructor(policy: AdaptiveConcurrency) {
    this.#policy = policy
    this.limit = policy.initialLimit
    this.quickest = policy.maxQueueingMs === undefined ? undefined : new Quickest()
  }

  /** Was an answer of this duration queued in the target? */
  wasQueued(durationMs: number, now: number): boolean {
    const { maxQueueingMs = Number.POSITIVE_INFINITY } = this.#policy
    return this.quickest !== undefined && this.quickest.excess(durationMs, now) > maxQueueingMs
  }

  tryTake(clock: Clock): boolean {
    if (this.queue.size > 0 || !this.#mayStart(clock)) return false
    this.inFlight++
    return true
  }

  /** Lets the waiter wait; `false` where the queue is full. */
  join(waiter: Waiter, clock: Clock): boolean {
    if (this.queue.size >= this.#policy.maxQueued) return false
    this.queue.push(waiter)
    this.#schedule(clock)
    return true
  }

  /** The caller of an operation has given it up; its slot stays taken until it ends. */
  abandon(clock: Clock): void {
    this.#abandoned++
    this.grant(clock)
  }

  /** An operation ended, `abandonedAt` its write-off count where its caller had given it up before. */
  release(clock: Clock, abandonedAt: number | undefined): void {
    if (abandonedAt !== undefined) {
      if (abandonedAt !== this.writeOffs) return
      this.#abandoned--
    }
    this.inFlight--
    this.grant(clock)
  }

  /** An attempt that started in `epoch` was told that the target is overloaded. Answers whether the limit changed. */
  overloaded(epoch: number, now: number, random: () => number): boolean {
    if (epoch !== this.epoch) return false
    this.epoch++
    if (this.limit < 2) {
      this.pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, this.pauseMs * 2))
      this.#nextStartAt = now + this.pauseMs * (0.5 + random())
    }
    const before = this.limit
    this.limit = Math.max(1, Math.min(this.limit, this.inFlight) * this.#policy.decreaseFactor)
    return this.limit !== before
  }

  /**
   * An attempt that started in `epoch` succeeded. The pause shrinks; without one the limit grows by one per round of
   * successes, where it is what holds calls back.
   */
  succeeded(epoch: number, now: number, random: () => number): void {
    if (this.#abandoned > 0 && epoch === this.epoch) this.#writeOff()
    if (this.pauseMs > 0) {
      this.pauseMs = this.pauseMs < 4 * shortestPauseMs ? 0 : this.pauseMs / 4
      this.#nextStartAt = now + this.pauseMs * (0.5 + random())
    } else if (this.inFlight * 2 >= this.limit) {
      this.limit = Math.min(this.#policy.maxLimit, this.limit + 1 / this.limit)
    }
  }

  isIdle(): boolean {
    return this.inFlight === 0 && this.queue.size === 0
  }

  /**
   * Lets waiting calls start, the newest first: in an overload the oldest have the least time left and would only fill
   * the slots with work that comes too late.
   */
  grant(clock: Clock): void {
    // A granted waiter may give its slot back on the spot; the outer loop then goes on, instead of a recursion.
    if (this.#granting || this.queue.size === 0) return
    this.#granting = true
    while (this.#mayStart(clock)) {
      const waiter = this.queue.pop()
      if (waiter === undefined) break
      this.inFlight++
      waiter.granted()
    }
    this.#granting = false
    if (this.queue.size > 0) this.#schedule(clock)
  }

  /** The target works again: operations that were given up before are taken for lost, so that they block no slot for ever. */
  #writeOff(): void {
    this.inFlight -= this.#abandoned
    this.#abandoned = 0
    this.writeOffs++
  }

  #hasSlot(): boolean {
    // One operation whose caller still waits may always run: that is how a recovery is noticed.
    return this.inFlight < Math.floor(this.limit) || this.inFlight === this.#abandoned
  }

  #mayStart(clock: Clock): boolean {
    return this.#hasSlot() && (this.pauseMs === 0 || clock.now() >= this.#nextStartAt)
  }

  #schedule(clock: Clock): void {
    if (this.pauseMs === 0 || this.#timer !== undefined || !this.#hasSlot()) return
    this.#timer = clock.setTimer(
      () => {
        this.#timer = undefined
        this.grant(clock)
      },
      Math.max(1, this.#nextStartAt - clock.now()),
      true,
    )
  }
}

/** A number of slots that follows what the target can bear, per target. */
export class AdaptiveConcurrency extends Policy {
  readonly kind = 'adaptiveConcurrency'
  readonly initialLimit: number
  readonly maxLimit: number
  readonly decreaseFactor: number
  readonly maxQueued: number
  readonly maxQueueingMs: number | undefined
  readonly targets = new Keyed(() => new AdaptiveTarget(this))

  constructor(options: AdaptiveConcurrencyOptions) {
    super()
    checkKeys('concurrency', options, ['initialLimit', 'maxLimit', 'decreaseFactor', 'maxQueued', 'maxQueueingMs'])
    const rule = { unit: 'operations', min: 1, max: 1_000_000 }
    this.maxLimit = checkNumber('concurrency.maxLimit', options.maxLimit, 1_000_000, rule)
    this.initialLimit = checkNumber('concurrency.initialLimit', options.initialLimit, this.maxLimit, {
      ...rule,
      max: this.maxLimit,
    })
    this.decreaseFactor = checkNumber('concurrency.decreaseFactor', options.decreaseFactor, 0.5, {
      min: 0.1,
      max: 0.99,
    })
    this.maxQueued = checkNumber('concurrency.maxQueued', options.maxQueued, 32, {
      unit: 'calls',
      min: 0,
      max: 1_000_000,
      integer: true,
    })
    this.maxQueueingMs =
      options.maxQueueingMs === undefined
        ? undefined
        : checkNumber('concurrency.maxQueueingMs', options.maxQueueingMs, 1, { unit: 'ms', min: 1, max: 3_600_000 })
  }

  /** The state for a target, as plain data. */
  state(key = ''): AdaptiveConcurrencyState {
    const target = this.targets.peek(key)
    return {
      limit: target?.limit ?? this.initialLimit,
      inFlight: target?.inFlight ?? 0,
      queued: target?.queue.size ?? 0,
      pauseMs: target?.pauseMs ?? 0,
    }
  }
}

/**
 * Limits how many operations run at the same time once the target says that it is overloaded (`overload: true`, a
 * time-out, or, with `maxQueueingMs`, an answer that was queued there): the limit is halved, at most once per round of attempts, and grows by one per round of successes. Where one
 * operation at a time is still too much, it pauses between them, 1 to 5 s. Calls beyond the limit wait in a short queue,
 * which serves the newest first; beyond that they are rejected with code `queue_full`.
 * @throws RangeError or TypeError where an option is invalid
 */
export function adaptiveConcurrency(options: AdaptiveConcurrencyOptions = {}): AdaptiveConcurrency {
  return new AdaptiveConcurrency(options)
}
