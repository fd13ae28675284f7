import { checkKeys, checkNumber } from './check-option.ts'
import { Keyed } from './keyed.ts'
import { Policy } from './policy.ts'
import { WaitQueue, type Waiter } from './wait-queue.ts'

/** Options of `bulkhead`. */
export interface BulkheadOptions {
  /** Operations that may run at the same time; an integer from 1 to 1,000,000, default 100. */
  readonly maxConcurrent?: number | undefined
  /** Calls that may wait for a slot; an integer from 0 to 1,000,000, default 1,000. */
  readonly maxQueued?: number | undefined
}

/** State of a bulkhead for one target. */
export interface BulkheadState {
  /** Operations running, those whose caller has given up included. */
  readonly inFlight: number
  readonly queued: number
}

/** The slots of one target. */
export class BulkheadTarget {
  inFlight = 0
  readonly queue = new WaitQueue()
  readonly #maxConcurrent: number
  readonly #maxQueued: number
  #granting = false

  constructor(policy: Bulkhead) {
    this.#maxConcurrent = policy.maxConcurrent
    this.#maxQueued = policy.maxQueued
  }

  tryTake(): boolean {
    if (this.inFlight >= this.#maxConcurrent || this.queue.size > 0) return false
    this.inFlight++
    return true
  }

  /** Lets the waiter wait; `false` where the queue is full. Once in, it is granted a slot or leaves by itself. */
  join(waiter: Waiter): boolean {
    if (this.queue.size >= this.#maxQueued) return false
    this.queue.push(waiter)
    return true
  }

  release(): void {
    this.inFlight--
    // A granted waiter may give its slot back on the spot; the outer loop then goes on, instead of a recursion.
    if (this.#granting || this.queue.size === 0) return
    this.#granting = true
    while (this.inFlight < this.#maxConcurrent) {
      const waiter = this.queue.shift()
      if (waiter === undefined) break
      this.inFlight++
      waiter.granted()
    }
    this.#granting = false
  }

  isIdle(): boolean {
    return this.inFlight === 0 && this.queue.size === 0
  }
}

/** A fixed number of slots with a bounded queue, per target. */
export class Bulkhead extends Policy {
  readonly kind = 'bulkhead'
  readonly maxConcurrent: number
  readonly maxQueued: number
  readonly targets = new Keyed(() => new BulkheadTarget(this))

  constructor(options: BulkheadOptions) {
    super()
    checkKeys('bulkhead', options, ['maxConcurrent', 'maxQueued'])
    const rule = { unit: 'calls', max: 1_000_000, integer: true }
    this.maxConcurrent = checkNumber('bulkhead.maxConcurrent', options.maxConcurrent, 100, { ...rule, min: 1 })
    this.maxQueued = checkNumber('bulkhead.maxQueued', options.maxQueued, 1_000, { ...rule, min: 0 })
  }

  /** The state for a target, as plain data. */
  state(key = ''): BulkheadState {
    const target = this.targets.peek(key)
    return { inFlight: target?.inFlight ?? 0, queued: target?.queue.size ?? 0 }
  }
}

/**
 * Limits how many operations run at the same time. Beyond that calls wait in order; beyond the queue they are rejected
 * with code `bulkhead_full`.
 * @throws RangeError or TypeError where an option is invalid
 */
export function bulkhead(options: BulkheadOptions = {}): Bulkhead {
  return new Bulkhead(options)
}
