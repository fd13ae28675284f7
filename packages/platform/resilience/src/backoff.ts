import { checkKeys, checkNumber, maxTimerMs } from './check-option.ts'

/** How long to wait between attempts. */
export interface BackoffOptions {
  /** Upper end of the first wait, ms; 1 to 600,000, default 100. */
  readonly baseMs?: number | undefined
  /** The same after an overload signal, ms; 1 to 600,000, default 1,000. */
  readonly overloadBaseMs?: number | undefined
  /** Upper end of any wait, ms; 1 to 3,600,000, default 20,000. */
  readonly capMs?: number | undefined
  /** The longest wait a target may ask for, ms; 0 to 2^31 - 1, default 300,000 (5 minutes). More is clamped to it. */
  readonly maxRetryAfterMs?: number | undefined
}

/** What the failure behind a wait said. */
export interface BackoffFacts {
  readonly overload?: boolean | undefined
  readonly retryAfterMs?: number | undefined
}

/** Back-off options with every default filled in. */
export interface Backoff {
  readonly baseMs: number
  readonly overloadBaseMs: number
  readonly capMs: number
  readonly maxRetryAfterMs: number
}

export const backoffKeys = ['baseMs', 'overloadBaseMs', 'capMs', 'maxRetryAfterMs'] as const

const unit = 'milliseconds'
const spread = 0.1

/** @throws RangeError where a value is outside its range. */
export function checkBackoff(name: string, options: BackoffOptions): Backoff {
  return {
    baseMs: checkNumber(`${name}.baseMs`, options.baseMs, 100, { unit, min: 1, max: 600_000 }),
    overloadBaseMs: checkNumber(`${name}.overloadBaseMs`, options.overloadBaseMs, 1_000, {
      unit,
      min: 1,
      max: 600_000,
    }),
    capMs: checkNumber(`${name}.capMs`, options.capMs, 20_000, { unit, min: 1, max: 3_600_000 }),
    maxRetryAfterMs: checkNumber(`${name}.maxRetryAfterMs`, options.maxRetryAfterMs, 300_000, {
      unit,
      min: 0,
      max: maxTimerMs / 2,
    }),
  }
}

/** The wait before attempt `attempt + 1`, ms: see `backoffMs`. */
export function waitMs(attempt: number, backoff: Backoff, facts: BackoffFacts, random: () => number): number {
  const base = facts.overload === true ? backoff.overloadBaseMs : backoff.baseMs
  const jitterMs = random() * Math.min(backoff.capMs, base * 2 ** Math.min(attempt - 1, 30))
  const hintMs = Math.min(facts.retryAfterMs ?? 0, backoff.maxRetryAfterMs)
  if (!(hintMs > 0)) return jitterMs
  return Math.max(hintMs, jitterMs) * (1 + spread * random())
}

/**
 * The wait before the next attempt, ms, for loops of your own such as a reconnect: full jitter, that is any value from
 * 0 to `baseMs * 2 ^ (attempt - 1)`, at most `capMs`. A `retryAfterMs` hint is never undercut: the wait is then the larger
 * of both plus up to 10 %, so that clients which got the same hint do not come back together.
 * @param attempt attempts made so far, from 1
 * @throws RangeError where an option is outside its range
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(
  attempt: number,
  options: BackoffOptions & BackoffFacts & { readonly random?: (() => number) | undefined } = {},
): number {
  checkKeys('backoff', options, [...backoffKeys, 'overload', 'retryAfterMs', 'random'])
  checkNumber('attempt', attempt, 1, { min: 1, max: Number.MAX_SAFE_INTEGER, integer: true })
  return waitMs(attempt, checkBackoff('backoff', options), options, options.random ?? Math.random)
}
