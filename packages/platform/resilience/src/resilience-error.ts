/** Why the pipeline itself rejected a call. */
export type ResilienceErrorCode =
  'timeout' | 'deadline' | 'breaker_open' | 'bulkhead_full' | 'rate_limited' | 'queue_full' | 'cancelled'

/** May the effect of the call have happened? `no`: it was never started, or was refused; `maybe`: nobody knows. */
export type Applied = 'no' | 'maybe' | 'yes'

/** What a `ResilienceError` says beside its code. */
export interface ResilienceErrorDetails {
  /** May the effect have happened? */
  readonly applied: Applied
  /** May this same call be repeated later? */
  readonly retryable: boolean
  /** Milliseconds after which a repetition makes sense; absent where nobody knows. */
  readonly retryAfterMs?: number | undefined
  /** The error or abort reason behind this one. */
  readonly cause?: unknown
}

const brand = Symbol.for('@casare/resilience/ResilienceError')

/**
 * A rejection made by a policy, never by the operation: the operation's own errors reach the caller as they are.
 *
 * It carries no stack frames: it is made when the target or this process is in trouble, where capturing a stack would
 * cost more than the rejection, and its frames would show a timer or a queue, not the caller.
 */
export class ResilienceError extends Error {
  readonly code: ResilienceErrorCode
  readonly applied: Applied
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined
  /** True for a time-out: a sign that the target is overloaded. */
  readonly overload: boolean

  constructor(code: ResilienceErrorCode, message: string, details: ResilienceErrorDetails) {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    if (details.cause === undefined) super(message)
    else super(message, { cause: details.cause })
    Error.stackTraceLimit = limit
    this.code = code
    this.applied = details.applied
    this.retryable = details.retryable
    this.retryAfterMs = details.retryAfterMs
    this.overload = code === 'timeout'
  }

  /** Recognises errors of any copy of this package; with `code`, only those of that code. */
  static is(error: unknown, code?: ResilienceErrorCode): error is ResilienceError {
    if (typeof error !== 'object' || error === null || !(brand in error)) return false
    return code === undefined || (error as unknown as ResilienceError).code === code
  }
}

Object.defineProperty(ResilienceError.prototype, 'name', {
  value: 'ResilienceError',
  configurable: true,
  writable: true,
})
Object.defineProperty(ResilienceError.prototype, brand, { value: true })
