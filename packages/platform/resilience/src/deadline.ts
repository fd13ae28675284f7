import { checkKeys, checkNumber, maxTimerMs } from './check-option.ts'
import { Policy } from './policy.ts'

/** Options of `deadline`. */
export interface DeadlineOptions {
  /** Time for the whole call, its retries and waits included, ms; 1 to 2^31 - 1. A call may state its own. */
  readonly timeoutMs: number
}

/** One limit of time over a whole call. */
export class Deadline extends Policy {
  readonly kind = 'deadline'
  readonly timeoutMs: number

  constructor(options: DeadlineOptions) {
    super()
    checkKeys('deadline', options, ['timeoutMs'])
    this.timeoutMs = checkNumber('deadline.timeoutMs', options.timeoutMs, Number.NaN, {
      unit: 'milliseconds',
      min: 1,
      max: maxTimerMs,
    })
    if (Number.isNaN(this.timeoutMs)) throw new TypeError('deadline.timeoutMs (milliseconds) is required')
  }
}

/**
 * Rejects the whole call with code `deadline` when its time is over, whatever it is doing then; attempts get what is left.
 * @throws RangeError or TypeError where an option is invalid
 */
export function deadline(options: DeadlineOptions): Deadline {
  return new Deadline(options)
}
