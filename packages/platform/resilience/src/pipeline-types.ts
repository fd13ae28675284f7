import type { FailureFacts } from './failure-facts.ts'

/** What an operation gets to know of the attempt it is run for. */
export interface AttemptContext {
  /**
   * Aborted when the attempt runs out of time or the caller aborts; made when it is first read, so read it before the
   * first `await`. It is not aborted when the attempt succeeds: a body that is still being read stays readable.
   */
  readonly signal: AbortSignal
  /** Number of this attempt within its call, from 1. */
  readonly attempt: number
  /**
   * When the attempt will be cut off, by its time-out or by the deadline of the call, whichever is first: milliseconds
   * on the pipeline's clock (`performance.now()` by default). `undefined` where neither is set.
   */
  readonly deadlineAt: number | undefined
  /** Milliseconds left until `deadlineAt`, at least 0; `Infinity` where there is none. */
  readonly remainingMs: number
}

/** The function that a policy runs, once per attempt. */
export type Operation<T> = (context: AttemptContext) => Promise<T>

/** One failed attempt. */
export interface AttemptFailure {
  /** Number of the attempt, from 1. */
  readonly attempt: number
  readonly error: unknown
  readonly facts: FailureFacts
  /** Milliseconds until the next attempt; `undefined` where there is none. */
  readonly nextAttemptInMs: number | undefined
}

/** How a call ended. */
export interface Settlement {
  /** Attempts whose operation was started; 0 where the call was rejected before the first. */
  readonly attempts: number
  readonly succeeded: boolean
  /** The error that the caller gets; absent on success. */
  readonly error?: unknown
}

/** What one call may state. */
export interface ExecuteOptions {
  /** The caller's abort: rejects the call at once with code `cancelled` and the reason as its cause. */
  readonly signal?: AbortSignal | undefined
  /** Deadline of the whole call, retries and waits included, ms; 1 to 2^31 - 1, default the pipeline's `deadline`. */
  readonly timeoutMs?: number | undefined
  /** Limit of each attempt, ms; 1 to 2^31 - 1, default the pipeline's `timeout`. */
  readonly attemptTimeoutMs?: number | undefined
  /** The target, for instance its host: breaker, limits and budget are kept per key. Default the empty string. */
  readonly key?: string | undefined
  /** Makes one attempt only. Default `false`. */
  readonly noRetry?: boolean | undefined
  /**
   * May the operation be repeated though an attempt of it may have taken effect? Decides whether an attempt that timed
   * out is retried. Default the pipeline's `retry.repeatable`.
   */
  readonly repeatable?: boolean | undefined
  /** Called after each failed attempt. What it throws is ignored. */
  readonly onAttemptFailed?: ((failure: AttemptFailure) => void) | undefined
  /** Called once, when the caller gets the answer. What it throws is ignored. */
  readonly onSettled?: ((settlement: Settlement) => void) | undefined
}

/** Something that happened in a pipeline. */
export type PipelineEvent =
  | {
      readonly type: 'retry'
      readonly key: string
      readonly attempt: number
      readonly waitMs: number
      readonly error: unknown
    }
  | {
      readonly type: 'retry_refused'
      readonly key: string
      readonly attempt: number
      readonly reason: 'budget' | 'deadline' | 'breaker'
      readonly error: unknown
    }
  | { readonly type: 'rejected'; readonly key: string; readonly error: Error }
  | { readonly type: 'breaker'; readonly key: string; readonly state: 'closed' | 'open' | 'half_open' }
  | { readonly type: 'limit'; readonly key: string; readonly limit: number }
