import { ResilienceError } from '@casare/resilience'
import type { Effect } from '../contract/effect.ts'
import { ConnectorError, factsOf, type ErrorFacts } from '../errors/connector-error.ts'
import { networkFacts } from '../errors/network-errors.ts'
import { scrub } from '../secrets/scrub.ts'
import type { Runtime } from './runtime.ts'
import { isError } from '../values/kinds.ts'

/** What is known about the call when one of its attempts fails. */
export interface FailedCall {
  readonly name: string
  readonly effect: Effect
  readonly idempotencyKey: string | undefined
  /** Did an attempt start, so that something may have reached the system? */
  readonly started: boolean
  readonly attempts: number
  readonly callerSignal: AbortSignal | undefined
}

/** Any failure as a `ConnectorError`, with `applied` and `retryable` settled for this call, scrubbed. */
export function toConnectorError(runtime: Runtime, call: FailedCall, error: unknown): ConnectorError {
  const facts = settle(factsFor(runtime, call, error), call)
  const { redactor } = runtime.config
  const result = new ConnectorError(
    {
      ...facts,
      message: redactor.text(facts.message),
      cause: facts.cause === undefined ? undefined : scrub(facts.cause, redactor),
    },
    {
      connector: runtime.spec.name,
      operation: call.name,
      attempts: call.attempts,
      idempotencyKey: call.idempotencyKey,
      retryable: isRetryable(facts, call.effect),
    },
  )
  if (ConnectorError.is(error) && error.stack !== undefined) result.stack = redactor.text(error.stack)
  return result
}

/** May this same call be repeated? Transient, and either nothing happened or repeating does no harm. */
export function isRetryable(facts: Pick<ErrorFacts, 'applied' | 'transient'>, effect: Effect): boolean {
  return facts.transient === true && (facts.applied === 'no' || (facts.applied === 'maybe' && effect !== 'unsafe'))
}

/** Fills the defaults in: a read has no effect, and what never started did nothing. */
function settle(
  facts: ErrorFacts,
  call: FailedCall,
): ErrorFacts & { readonly applied: 'no' | 'maybe' | 'yes'; readonly transient: boolean } {
  const probe = new ConnectorError(facts)
  const applied = call.effect === 'read' || !call.started ? 'no' : probe.applied
  return { ...facts, applied, transient: probe.transient, overload: probe.overload }
}

function factsFor(runtime: Runtime, call: FailedCall, error: unknown): ErrorFacts {
  if (call.callerSignal?.aborted === true && !isDefinite(error)) return cancelled(call)
  if (ConnectorError.is(error)) return factsOf(error)
  if (ResilienceError.is(error)) return policyFacts(runtime, call, error)
  const known = runtime.spec.toError(error)
  if (known !== undefined) return { cause: error, ...known }
  return networkFacts(error, runtime.spec.title) ?? unknownFacts(runtime, error)
}

/** An answer that arrived although the caller gave up: it is the better news. */
function isDefinite(error: unknown): boolean {
  return ConnectorError.is(error) && error.code !== 'cancelled' && error.applied === 'no' && !error.transient
}

function cancelled(call: FailedCall): ErrorFacts {
  return { code: 'cancelled', message: `${call.name} was cancelled by the caller.`, cause: call.callerSignal?.reason }
}

function unknownFacts(runtime: Runtime, error: unknown): ErrorFacts {
  if (isError(error) && (error.name === 'AbortError' || error.name === 'TimeoutError'))
    return { code: 'cancelled', message: `${runtime.spec.title}: the call was aborted.`, cause: error }
  const message = isError(error) ? error.message : String(error)
  return { code: 'internal', message: `${runtime.spec.title}: ${message}`, cause: error }
}

const policyCodes = {
  timeout: { code: 'timeout', transient: true },
  deadline: { code: 'timeout', transient: false },
  breaker_open: { code: 'unavailable', transient: true },
  bulkhead_full: { code: 'rate_limited', transient: true },
  queue_full: { code: 'rate_limited', transient: true },
  rate_limited: { code: 'rate_limited', transient: true },
  cancelled: { code: 'cancelled', transient: false },
} as const

function policyFacts(runtime: Runtime, call: FailedCall, error: ResilienceError): ErrorFacts {
  const { code, transient } = policyCodes[error.code]
  return {
    code,
    transient,
    applied: error.applied,
    overload: error.overload,
    retryAfterMs: error.retryAfterMs,
    message: `${runtime.spec.title}, ${call.name}: ${error.message}.`,
    cause: error,
  }
}
