import { checkKeys, checkNumber } from './check-option.ts'
import { Keyed } from './keyed.ts'
import { OutcomeWindow } from './outcome-window.ts'
import { Policy } from './policy.ts'

/** Options of `circuitBreaker`. */
export interface CircuitBreakerOptions {
  /** Share of failures from which it opens; more than 0, at most 1, default 0.9: it detects a dead target, not a bad day. */
  readonly failureRatio?: number | undefined
  /** Calls that must have ended in the window before it may open; an integer from 1 to 1,000,000, default 8. */
  readonly minCalls?: number | undefined
  /** Length of the sliding window, ms; 100 to 3,600,000, default 5,000. */
  readonly windowMs?: number | undefined
  /** The least it stays open before the next probe, ms; 1 to 3,600,000, default 100. */
  readonly openMs?: number | undefined
  /** The longest it stays open, ms; `openMs` to 3,600,000, default 5,000 or `openMs`, whichever is more. */
  readonly maxOpenMs?: number | undefined
  /**
   * It stays open for this share of the outage so far, within the two limits; 0 to 1, default 0.02: no outage seems more
   * than 2 % longer than it was, and a long one sees few probes.
   */
  readonly openShare?: number | undefined
}

/** State of a breaker for one target. */
export interface CircuitBreakerState {
  readonly state: 'closed' | 'open' | 'half_open'
  /** Calls that ended in the window. */
  readonly calls: number
  /** Of those, the ones that failed. */
  readonly failures: number
  /** Milliseconds until the next probe may start; 0 unless open. */
  readonly retryAfterMs: number
}

/** What a breaker calls when its state changes. */
export type BreakerListener = (state: CircuitBreakerState['state']) => void

const openJitter = 0.2

/** The breaker of one target. */
export class BreakerTarget {
  state: CircuitBreakerState['state'] = 'closed'
  /** Grows with each change of state; an outcome counts only in the generation that its attempt started in. */
  generation = 0
  readonly window: OutcomeWindow
  readonly #policy: CircuitBreaker
  #openUntil = 0
  /** When the outage began; `undefined` while closed. */
  #outageSince: number | undefined
  #probing = false
  #probeStartedAt = 0

  constructor(policy: CircuitBreaker) {
    this.#policy = policy
    this.window = new OutcomeWindow(policy.windowMs)
  }

  /** May an attempt start? In half-open one at a time may, the probe, or another `maxOpenMs` later. */
  tryEnter(now: number, listener: BreakerListener | undefined): boolean {
    if (this.state === 'closed') return true
    if (this.state === 'open') {
      if (now < this.#openUntil) return false
      this.#change('half_open', listener)
    }
    // A probe that never ends must not keep the breaker half-open for ever.
    if (this.#probing && now - this.#probeStartedAt < this.#policy.maxOpenMs) return false
    this.#probing = true
    this.#probeStartedAt = now
    return true
  }

  /** An attempt that entered in `generation` ended. */
  record(
    generation: number,
    failed: boolean,
    now: number,
    random: () => number,
    listener: BreakerListener | undefined,
  ): void {
    if (generation !== this.generation) return
    if (this.state === 'half_open') {
      this.#probing = false
      if (failed) this.#open(now, random, listener)
      else this.#close(listener)
      return
    }
    this.window.record(failed, now)
    if (!failed) return
    const { calls, failures } = this.window
    if (calls >= this.#policy.minCalls && failures >= calls * this.#policy.failureRatio)
      this.#open(now, random, listener)
  }

  /** An attempt that entered in `generation` ended without saying anything about the target. */
  leave(generation: number): void {
    if (generation === this.generation) this.#probing = false
  }

  retryAfterMs(now: number): number {
    return this.state === 'open' ? Math.max(0, this.#openUntil - now) : 0
  }

  isIdle(now: number): boolean {
    if (this.state !== 'closed') return false
    this.window.advance(now)
    return this.window.calls === 0
  }

  #open(now: number, random: () => number, listener: BreakerListener | undefined): void {
    this.#outageSince ??= now
    const { openMs: least, maxOpenMs, openShare } = this.#policy
    const openMs = Math.min(maxOpenMs, Math.max(least, openShare * (now - this.#outageSince)))
    this.#openUntil = now + openMs * (1 - openJitter * random())
    this.#change('open', listener)
  }

  #close(listener: BreakerListener | undefined): void {
    this.#outageSince = undefined
    this.window.clear()
    this.#change('closed', listener)
  }

  #change(state: CircuitBreakerState['state'], listener: BreakerListener | undefined): void {
    this.state = state
    this.generation++
    this.#probing = false
    listener?.(state)
  }
}

/** Detects a dead target and spares it, and its callers, the calls, per target. */
export class CircuitBreaker extends Policy {
  readonly kind = 'circuitBreaker'
  readonly failureRatio: number
  readonly minCalls: number
  readonly windowMs: number
  readonly openMs: number
  readonly maxOpenMs: number
  readonly openShare: number
  readonly targets = new Keyed(() => new BreakerTarget(this))

  constructor(options: CircuitBreakerOptions) {
    super()
    checkKeys('breaker', options, ['failureRatio', 'minCalls', 'windowMs', 'openMs', 'maxOpenMs', 'openShare'])
    const duration = { unit: 'milliseconds', min: 1, max: 3_600_000 }
    this.failureRatio = checkNumber('breaker.failureRatio', options.failureRatio, 0.9, {
      min: Number.MIN_VALUE,
      max: 1,
    })
    this.minCalls = checkNumber('breaker.minCalls', options.minCalls, 8, {
      unit: 'calls',
      min: 1,
      max: 1_000_000,
      integer: true,
    })
    this.windowMs = checkNumber('breaker.windowMs', options.windowMs, 5_000, { ...duration, min: 100 })
    this.openMs = checkNumber('breaker.openMs', options.openMs, 100, duration)
    this.maxOpenMs = checkNumber('breaker.maxOpenMs', options.maxOpenMs, Math.max(5_000, this.openMs), {
      ...duration,
      min: this.openMs,
    })
    this.openShare = checkNumber('breaker.openShare', options.openShare, 0.02, { min: 0, max: 1 })
  }

  /**
   * The state for a target, as plain data.
   * @param now time on the pipeline's clock, ms; default `performance.now()`
   */
  state(key = '', now: number = performance.now()): CircuitBreakerState {
    const target = this.targets.peek(key)
    if (target === undefined) return { state: 'closed', calls: 0, failures: 0, retryAfterMs: 0 }
    target.window.advance(now)
    const { calls, failures } = target.window
    return { state: target.state, calls, failures, retryAfterMs: target.retryAfterMs(now) }
  }
}

/**
 * Opens when (nearly) every call to a target fails, rejects calls with code `breaker_open` while it is open, then lets one
 * probe through at a time until one succeeds. Which failures count stands at `FailureFacts.countsAsFailure`.
 * @throws RangeError or TypeError where an option is invalid
 */
export function circuitBreaker(options: CircuitBreakerOptions = {}): CircuitBreaker {
  return new CircuitBreaker(options)
}
