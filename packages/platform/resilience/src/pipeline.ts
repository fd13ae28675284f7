import {
  adaptiveConcurrency,
  AdaptiveConcurrency,
  type AdaptiveConcurrencyOptions,
  type AdaptiveConcurrencyState,
} from './adaptive-concurrency.ts'
import { bulkhead, Bulkhead, type BulkheadOptions, type BulkheadState } from './bulkhead.ts'
import { checkKeys } from './check-option.ts'
import {
  circuitBreaker,
  CircuitBreaker,
  type CircuitBreakerOptions,
  type CircuitBreakerState,
} from './circuit-breaker.ts'
import type { Clock } from './clock.ts'
import { deadline, Deadline, type DeadlineOptions } from './deadline.ts'
import { Engine, type Seams, type Slots } from './engine.ts'
import type { Classify } from './failure-facts.ts'
import type { ExecuteOptions, Operation, PipelineEvent } from './pipeline-types.ts'
import { rateLimit, RateLimit, type RateLimitOptions, type RateLimitState } from './rate-limit.ts'
import { retryBudget, RetryBudget, type RetryBudgetOptions, type RetryBudgetState } from './retry-budget.ts'
import { retry, Retry, type RetryOptions } from './retry.ts'
import { timeout, Timeout, type TimeoutOptions } from './timeout.ts'

/**
 * A slot takes plain options, a policy value (to share its state), or `false`. The order in which the policies act is
 * fixed: deadline, retry with budget, rate limit, breaker, bulkhead, concurrency, timeout.
 */
export interface PipelineOptions {
  /** Time for the whole call. Default none. */
  readonly deadline?: DeadlineOptions | Deadline | false | undefined
  /** Default on, with its defaults. */
  readonly retry?: RetryOptions | Retry | false | undefined
  /** Default on where `retry` is, with its defaults. */
  readonly budget?: RetryBudgetOptions | RetryBudget | false | undefined
  /** Default none. */
  readonly rateLimit?: RateLimitOptions | RateLimit | false | undefined
  /** Default on, with its defaults. */
  readonly breaker?: CircuitBreakerOptions | CircuitBreaker | false | undefined
  /** Default none. */
  readonly bulkhead?: BulkheadOptions | Bulkhead | false | undefined
  /** Default on, with its defaults: no limit before the first overload signal. */
  readonly concurrency?: AdaptiveConcurrencyOptions | AdaptiveConcurrency | false | undefined
  /** Time for each attempt. Default none. */
  readonly timeout?: TimeoutOptions | Timeout | false | undefined
  /** Says what foreign errors mean, for all policies. Default `retry.classify`, else what the error itself carries. */
  readonly classify?: Classify | undefined
  /** Told what happens, in the same turn. What it throws is ignored. */
  readonly onEvent?: ((event: PipelineEvent) => void) | undefined
  /** Default `systemClock`. */
  readonly clock?: Clock | undefined
  /** Random numbers from 0 to below 1 for jitter. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

/** What a pipeline holds for one target, as plain data. */
export interface TargetSnapshot {
  readonly key: string
  readonly budget?: RetryBudgetState | undefined
  readonly rateLimit?: RateLimitState | undefined
  readonly breaker?: CircuitBreakerState | undefined
  readonly bulkhead?: BulkheadState | undefined
  readonly concurrency?: AdaptiveConcurrencyState | undefined
}

/** Policies around any async call. */
export interface Pipeline {
  /**
   * Runs the operation, and again where its failure may be repeated. Rejects with the operation's own last error, or with
   * a `ResilienceError` where a policy ended the call.
   */
  execute<T>(fn: Operation<T>, options?: ExecuteOptions): Promise<T>
  /** What the policies hold per target, as plain data for dashboards. */
  state(): { readonly targets: TargetSnapshot[] }
}

const optionKeys = [
  'deadline',
  'retry',
  'budget',
  'rateLimit',
  'breaker',
  'bulkhead',
  'concurrency',
  'timeout',
  'classify',
  'onEvent',
  'clock',
  'random',
]

/** A slot's policy: the value given, or one made from the options given. */
function slot<P extends object, O extends object>(
  given: O | P | false | undefined,
  kind: abstract new (...args: never[]) => P,
  create: (options: O) => P,
  defaultOptions: O | undefined,
): P | undefined {
  if (given === false) return undefined
  const options = given === undefined ? defaultOptions : given
  if (options === undefined || options instanceof kind) return options
  return create(options as O)
}

/**
 * Fuses policies into one pipeline: one state machine per call, not a wrapper per policy.
 * @throws RangeError or TypeError where an option is unknown or outside its range
 */
export function pipeline(options: PipelineOptions = {}): Pipeline {
  checkKeys('pipeline', options, optionKeys)
  const retries = slot(options.retry, Retry, retry, {})
  return fromSlots(
    {
      deadline: slot(options.deadline, Deadline, deadline, undefined),
      retry: retries,
      retryBudget: retries && slot(options.budget, RetryBudget, retryBudget, {}),
      rateLimit: slot(options.rateLimit, RateLimit, rateLimit, undefined),
      circuitBreaker: slot(options.breaker, CircuitBreaker, circuitBreaker, {}),
      bulkhead: slot(options.bulkhead, Bulkhead, bulkhead, undefined),
      adaptiveConcurrency: slot(options.concurrency, AdaptiveConcurrency, adaptiveConcurrency, {}),
      timeout: slot(options.timeout, Timeout, timeout, undefined),
    },
    options,
  )
}

/** A pipeline of exactly these policies. */
export function fromSlots(slots: Slots, seams: Seams): Pipeline {
  const engine = new Engine(slots, seams)
  return {
    execute: (fn, options) => engine.execute(fn, options),
    state: () => ({ targets: engine.keys().map((key) => snapshot(engine, key)) }),
  }
}

function snapshot(engine: Engine, key: string): TargetSnapshot {
  const { retryBudget, rateLimit, circuitBreaker, bulkhead, adaptiveConcurrency } = engine.slots
  return {
    key,
    ...(retryBudget && { budget: retryBudget.state(key) }),
    ...(rateLimit && { rateLimit: rateLimit.state(key) }),
    ...(circuitBreaker && { breaker: circuitBreaker.state(key, engine.ticker.exactNow()) }),
    ...(bulkhead && { bulkhead: bulkhead.state(key) }),
    ...(adaptiveConcurrency && { concurrency: adaptiveConcurrency.state(key) }),
  }
}
