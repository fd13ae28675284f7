import { checkKeys, checkNumber } from './check-option.ts'
import { Keyed } from './keyed.ts'
import { Policy } from './policy.ts'
import { WaitQueue, type Waiter } from './wait-queue.ts'

/** Options of `adaptiveConcurrency`. */
export interface AdaptiveConcurrencyOptions {
  /** The limit before the first overload signal, operations; 1 to 1,000,000, default 1,000,000: none. */
  readonly initialLimit?: number | undefined
  /** The limit never grows beyond this, operations; 1 to 1,000,000, default 1,000,000. */
  readonly maxLimit?: number | undefined
  /** What an overload signal multiplies the limit with; 0.1 to 0.99, default 0.7. */
  readonly decreaseFactor?: number | undefined
  /** Calls that may wait for a slot; an integer from 0 to 1,000,000, default 32. */
  readonly maxQueued?: number | undefined
}

/** State of an adaptive limit for one target. */
export interface AdaptiveConcurrencyState {
  /** Operations that may run at the same time. */
  readonly limit: number
  readonly inFlight: number
  readonly queued: number
}

/** The slots of one target. */
export class AdaptiveTarget {
  limit: number
  inFlight = 0
  /** Grows with each decrease: an overload of an attempt that started before the last decrease is no news. */
  epoch = 0
  readonly queue = new WaitQueue()
  readonly #policy: AdaptiveConcurrency
  #granting = false

  constructor(policy: AdaptiveConcurrency) {
    this.#policy = policy
    this.limit = policy.initialLimit
  }

  tryTake(): boolean {
    if (this.inFlight >= Math.floor(this.limit) || this.queue.size > 0) return false
    this.inFlight++
    return true
  }

  /** Lets the waiter wait; `false` where the queue is full. */
  join(waiter: Waiter): boolean {
    if (this.queue.size >= this.#policy.maxQueued) return false
    this.queue.push(waiter)
    return true
  }

  release(): void {
    this.inFlight--
    if (!this.#granting && this.queue.size > 0) this.#grant()
  }

  /** An attempt that started in `epoch` was told that the target is overloaded. Answers whether the limit changed. */
  overloaded(epoch: number): boolean {
    if (epoch !== this.epoch) return false
    this.epoch++
    const before = this.limit
    this.limit = Math.max(1, Math.min(this.limit, this.inFlight) * this.#policy.decreaseFactor)
    return this.limit !== before
  }

  /** An attempt succeeded. The limit grows by one per round of successes, and only where it is what holds calls back. */
  succeeded(): void {
    if (this.inFlight * 2 >= this.limit) this.limit = Math.min(this.#policy.maxLimit, this.limit + 1 / this.limit)
  }

  isIdle(): boolean {
    return this.inFlight === 0 && this.queue.size === 0
  }

  #grant(): void {
    this.#granting = true
    while (this.inFlight < Math.floor(this.limit)) {
      const waiter = this.queue.shift()
      if (waiter === undefined) break
      this.inFlight++
      waiter.granted()
    }
    this.#granting = false
  }
}

/** A number of slots that follows what the target can bear, per target. */
export class AdaptiveConcurrency extends Policy {
  readonly kind = 'adaptiveConcurrency'
  readonly initialLimit: number
  readonly maxLimit: number
  readonly decreaseFactor: number
  readonly maxQueued: number
  readonly targets = new Keyed(() => new AdaptiveTarget(this))

  constructor(options: AdaptiveConcurrencyOptions) {
    super()
    checkKeys('concurrency', options, ['initialLimit', 'maxLimit', 'decreaseFactor', 'maxQueued'])
    const rule = { unit: 'operations', min: 1, max: 1_000_000 }
    this.maxLimit = checkNumber('concurrency.maxLimit', options.maxLimit, 1_000_000, rule)
    this.initialLimit = checkNumber('concurrency.initialLimit', options.initialLimit, this.maxLimit, {
      ...rule,
      max: this.maxLimit,
    })
    this.decreaseFactor = checkNumber('concurrency.decreaseFactor', options.decreaseFactor, 0.7, {
      min: 0.1,
      max: 0.99,
    })
    this.maxQueued = checkNumber('concurrency.maxQueued', options.maxQueued, 32, {
      unit: 'calls',
      min: 0,
      max: 1_000_000,
      integer: true,
    })
  }

  /** The state for a target, as plain data. */
  state(key = ''): AdaptiveConcurrencyState {
    const target = this.targets.peek(key)
    return {
      limit: target?.limit ?? this.initialLimit,
      inFlight: target?.inFlight ?? 0,
      queued: target?.queue.size ?? 0,
    }
  }
}

/**
 * Limits how many operations run at the same time once the target says that it is overloaded (`overload: true` or a
 * time-out), and finds the limit again when it recovers. Calls beyond it wait in a short queue; beyond that they are
 * rejected with code `queue_full`.
 * @throws RangeError or TypeError where an option is invalid
 */
export function adaptiveConcurrency(options: AdaptiveConcurrencyOptions = {}): AdaptiveConcurrency {
  return new AdaptiveConcurrency(options)
}
