import { backoffKeys, checkBackoff, type Backoff, type BackoffOptions } from './backoff.ts'
import { checkKeys, checkNumber } from './check-option.ts'
import type { Classify } from './failure-facts.ts'
import { Policy } from './policy.ts'

/** Options of `retry`. */
export interface RetryOptions extends BackoffOptions {
  /** Attempts in all, the first included; an integer from 1 to 100, default 3. */
  readonly maxAttempts?: number | undefined
  /** Is an attempt that timed out, and so may have taken effect, repeated? Default `false`. A call may state its own. */
  readonly repeatable?: boolean | undefined
  /** Says what foreign errors mean; without it only facts that the error itself carries count. */
  readonly classify?: Classify | undefined
}

/** Repeats a failed attempt where its error says `retryable: true`, with full jitter between attempts. */
export class Retry extends Policy {
  readonly kind = 'retry'
  readonly maxAttempts: number
  readonly repeatable: boolean
  readonly classify: Classify | undefined
  readonly backoff: Backoff

  constructor(options: RetryOptions) {
    super()
    checkKeys('retry', options, ['maxAttempts', 'repeatable', 'classify', ...backoffKeys])
    this.maxAttempts = checkNumber('retry.maxAttempts', options.maxAttempts, 3, { min: 1, max: 100, integer: true })
    this.repeatable = options.repeatable === true
    this.classify = options.classify
    this.backoff = checkBackoff('retry', options)
  }
}

/**
 * Repeats a failed attempt where its error says `retryable: true`; never the caller's abort, never a policy's own
 * rejection. The last error is thrown as it is. A wait that would pass the deadline is not begun.
 * @throws RangeError or TypeError where an option is invalid
 */
export function retry(options: RetryOptions = {}): Retry {
  return new Retry(options)
}
