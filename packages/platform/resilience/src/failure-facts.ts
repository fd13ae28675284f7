import { ResilienceError, type Applied } from './resilience-error.ts'

/** What the policies need to know of a failure. An error may carry these as its own properties. */
export interface FailureFacts {
  /** May this same call be repeated? Only `true` is retried. */
  readonly retryable?: boolean | undefined
  /** May the effect of the failed attempt have happened? Default `maybe`. */
  readonly applied?: Applied | undefined
  /** Does the failure say that the target has too much to do (429, 503, time-out)? Default `false`. */
  readonly overload?: boolean | undefined
  /** Milliseconds that the target asks to wait before the next attempt. */
  readonly retryAfterMs?: number | undefined
  /**
   * Does the failure speak against the target, so that the breaker counts it as a failure?
   * Default: where it is `retryable`, an `overload`, or `applied: 'maybe'`. Any other error, one without facts included,
   * counts as an answer of a target that lives; an abort and a policy's own rejection are not counted at all.
   */
  readonly countsAsFailure?: boolean | undefined
}

/** Says what a foreign error means. Answers `undefined` for errors that it does not know. */
export type Classify = (error: unknown) => FailureFacts | undefined

/**
 * The facts of an error: what `classify` says, else what the error itself carries. They are copied and checked, since a
 * foreign error may carry anything under these names; a classifier that throws has said nothing.
 */
export function readFacts(error: unknown, classify: Classify | undefined): FailureFacts {
  try {
    const stated = classify?.(error) ?? error
    return typeof stated === 'object' && stated !== null ? copyFacts(stated) : {}
  } catch {
    return {}
  }
}

function copyFacts(facts: FailureFacts): FailureFacts {
  const { retryable, applied, overload, retryAfterMs, countsAsFailure } = facts
  return {
    retryable: retryable === true,
    applied: applied === 'no' || applied === 'yes' || applied === 'maybe' ? applied : undefined,
    overload: overload === true,
    retryAfterMs: typeof retryAfterMs === 'number' && retryAfterMs >= 0 ? retryAfterMs : undefined,
    countsAsFailure: typeof countsAsFailure === 'boolean' ? countsAsFailure : undefined,
  }
}

/** What a failure says about the target: it failed, it answered (for instance `not_found`), or nothing. */
export type Verdict = 'failed' | 'answered' | 'unknown'

/** The rule stands at `FailureFacts.countsAsFailure`. */
export function readVerdict(error: unknown, facts: FailureFacts): Verdict {
  if (facts.countsAsFailure !== undefined) return facts.countsAsFailure ? 'failed' : 'answered'
  if (isLocalRejection(error) || isAbort(error)) return 'unknown'
  return facts.retryable === true || facts.overload === true || facts.applied === 'maybe' ? 'failed' : 'answered'
}

/** Is the error a policy's own rejection, made before or without an answer of the target? A time-out is not: it is one. */
export function isLocalRejection(error: unknown): boolean {
  return ResilienceError.is(error) && error.code !== 'timeout' && error.code !== 'deadline'
}

const maxCauseDepth = 8

/** Is the error an abort, or does one stand anywhere in its causes? */
export function isAbort(error: unknown, reason?: unknown): boolean {
  try {
    return hasAbort(error, reason)
  } catch {
    // An error whose properties throw is no abort that anyone could recognise.
    return false
  }
}

function hasAbort(error: unknown, reason: unknown): boolean {
  let current = error
  for (let depth = 0; depth < maxCauseDepth && typeof current === 'object' && current !== null; depth++) {
    if (reason !== undefined && current === reason) return true
    const { name, code, cause } = current as { name?: unknown; code?: unknown; cause?: unknown }
    if (name === 'AbortError' || code === 'ABORT_ERR') return true
    current = cause
  }
  return false
}
