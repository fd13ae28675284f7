import { checkKeys, checkNumber, maxTimerMs } from './check-option.ts'
import { Policy } from './policy.ts'

/** Options of `timeout`. */
export interface TimeoutOptions {
  /** Time for each attempt, ms, without its waits for a slot; 1 to 2^31 - 1. A call may state its own. */
  readonly timeoutMs: number
}

/** A limit of time for each attempt. */
export class Timeout extends Policy {
  readonly kind = 'timeout'
  readonly timeoutMs: number

  constructor(options: TimeoutOptions) {
    super()
    checkKeys('timeout', options, ['timeoutMs'])
    this.timeoutMs = checkNumber('timeout.timeoutMs', options.timeoutMs, Number.NaN, {
      unit: 'milliseconds',
      min: 1,
      max: maxTimerMs,
    })
    if (Number.isNaN(this.timeoutMs)) throw new TypeError('timeout.timeoutMs (milliseconds) is required')
  }
}

/**
 * Ends an attempt with code `timeout` when its time is over: its signal is aborted and the caller goes on at once, while
 * slots stay taken until the operation really ends.
 * @throws RangeError or TypeError where an option is invalid
 */
export function timeout(options: TimeoutOptions): Timeout {
  return new Timeout(options)
}
