import { waitMs } from './backoff.ts'
import type { Engine } from './engine.ts'
import { isAbort, isLocalRejection, type FailureFacts } from './failure-facts.ts'
import type { Target } from './target.ts'

/** A failed attempt and where its call stands. */
export interface Failed {
  readonly error: unknown
  readonly facts: FailureFacts
  /** Attempts made so far. */
  readonly attempts: number
  /** Clock time, ms. */
  readonly now: number
  /** Clock time, ms; `Infinity` for none. */
  readonly deadlineAt: number
}

/** Decides whether there is a next attempt: milliseconds until it starts, `undefined` where there is to be none. */
export function nextAttemptInMs(
  engine: Engine,
  target: Target,
  { error, facts, attempts, now, deadlineAt }: Failed,
  signal: AbortSignal | undefined,
): number | undefined {
  const { retry, random, onEvent } = engine
  if (retry === undefined || facts.retryable !== true || attempts >= retry.maxAttempts) return undefined
  if (isLocalRejection(error) || isAbort(error, signal?.reason)) return undefined
  const nextInMs = waitMs(attempts, retry.backoff, facts, random)
  const refused = refusal(target, now, now + nextInMs, deadlineAt)
  if (refused !== undefined) {
    onEvent?.({ type: 'retry_refused', key: target.key, attempt: attempts, reason: refused, error })
    return undefined
  }
  onEvent?.({ type: 'retry', key: target.key, attempt: attempts, waitMs: nextInMs, error })
  return nextInMs
}

/** The budget is asked last: it pays only for retries that are made. */
function refusal(target: Target, now: number, startsAt: number, deadlineAt: number) {
  const { breaker, budget } = target
  if (startsAt >= deadlineAt) return 'deadline'
  if (breaker !== undefined && now + breaker.retryAfterMs(now) > startsAt) return 'breaker'
  return budget === undefined || budget.tryTake() ? undefined : 'budget'
}
