import { AbortHub } from './abort-hub.ts'
import type { AdaptiveConcurrency } from './adaptive-concurrency.ts'
import type { Bulkhead } from './bulkhead.ts'
import { Call } from './call.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'
import { systemClock, type Clock } from './clock.ts'
import type { Deadline } from './deadline.ts'
import type { Classify } from './failure-facts.ts'
import type { ExecuteOptions, Operation, PipelineEvent } from './pipeline-types.ts'
import { quietly } from './quietly.ts'
import type { RateLimit } from './rate-limit.ts'
import type { RetryBudget } from './retry-budget.ts'
import type { Retry } from './retry.ts'
import type { Target } from './target.ts'
import { Ticker } from './ticker.ts'
import type { Timeout } from './timeout.ts'

/** The policies of a pipeline, at most one of a kind. */
export interface Slots {
  readonly deadline?: Deadline | undefined
  readonly retry?: Retry | undefined
  readonly retryBudget?: RetryBudget | undefined
  readonly rateLimit?: RateLimit | undefined
  readonly circuitBreaker?: CircuitBreaker | undefined
  readonly bulkhead?: Bulkhead | undefined
  readonly adaptiveConcurrency?: AdaptiveConcurrency | undefined
  readonly timeout?: Timeout | undefined
}

/** What a pipeline has beside its policies. */
export interface Seams {
  readonly classify?: Classify | undefined
  readonly onEvent?: ((event: PipelineEvent) => void) | undefined
  readonly clock?: Clock | undefined
  readonly random?: (() => number) | undefined
}

function nothing(): void {}

/** Runs calls through a set of policies in their one order, as a single state machine per call. */
export class Engine {
  readonly slots: Slots
  readonly retry: Retry | undefined
  readonly classify: Classify | undefined
  readonly onEvent: ((event: PipelineEvent) => void) | undefined
  readonly random: () => number
  readonly ticker: Ticker
  readonly hub = new AbortHub()
  /** Default deadline of a call, ms; 0 for none. */
  readonly deadlineMs: number
  /** Default limit of an attempt, ms; 0 for none. */
  readonly attemptTimeoutMs: number
  #defaultTarget: Target | undefined = undefined
  #lastTarget: Target | undefined = undefined
  readonly #targets = new Map<string, Target>()
  #generation = 0
  #resolve: (value: unknown) => void = nothing
  #reject: (error: unknown) => void = nothing
  /** One executor for all promises, which runs inside `new Promise`: a closure per call would cost 10 % of the call. */
  readonly #takeSettlers = (resolve: (value: unknown) => void, reject: (error: unknown) => void): void => {
    this.#resolve = resolve
    this.#reject = reject
  }

  constructor(slots: Slots, seams: Seams) {
    this.slots = slots
    this.retry = slots.retry
    this.classify = seams.classify ?? slots.retry?.classify
    const { onEvent } = seams
    this.onEvent = onEvent && ((event) => quietly(() => onEvent(event)))
    this.random = seams.random ?? Math.random
    this.ticker = new Ticker(seams.clock ?? systemClock)
    this.deadlineMs = slots.deadline?.timeoutMs ?? 0
    this.attemptTimeoutMs = slots.timeout?.timeoutMs ?? 0
  }

  execute<T>(fn: Operation<T>, options: ExecuteOptions | undefined): Promise<T> {
    const promise = new Promise<T>(this.#takeSettlers as (resolve: (value: T) => void) => void)
    const resolve = this.#resolve
    const reject = this.#reject
    // Else the settlers, and with them the last answer, would stay in memory until the next call.
    this.#resolve = nothing
    this.#reject = nothing
    try {
      const target = this.#target(options?.key ?? '')
      new Call<unknown>(this, target, fn, options, resolve, reject).begin()
    } catch (error) {
      reject(error)
    }
    return promise
  }

  keys(): string[] {
    const { retryBudget, rateLimit, circuitBreaker, bulkhead, adaptiveConcurrency } = this.slots
    const policies = [retryBudget, rateLimit, circuitBreaker, bulkhead, adaptiveConcurrency]
    return [...new Set(policies.flatMap((policy) => policy?.targets.keys() ?? []))]
  }

  #target(key: string): Target {
    // The state of the empty key is never forgotten.
    if (key === '') return (this.#defaultTarget ??= this.#makeTarget(key))
    const generation = this.#generations()
    if (generation !== this.#generation) {
      this.#generation = generation
      this.#targets.clear()
      this.#lastTarget = undefined
    }
    if (this.#lastTarget?.key === key) return this.#lastTarget
    let target = this.#targets.get(key)
    if (target === undefined) {
      target = this.#makeTarget(key)
      this.#targets.set(key, target)
    }
    this.#lastTarget = target
    return target
  }

  /** Grows whenever a policy forgot a state that this engine may still hold. */
  #generations(): number {
    const { slots } = this
    return (
      (slots.retryBudget?.targets.generation ?? 0) +
      (slots.rateLimit?.targets.generation ?? 0) +
      (slots.circuitBreaker?.targets.generation ?? 0) +
      (slots.bulkhead?.targets.generation ?? 0) +
      (slots.adaptiveConcurrency?.targets.generation ?? 0)
    )
  }

  #makeTarget(key: string): Target {
    const { slots, onEvent } = this
    const now = (): number => this.ticker.exactNow()
    return {
      key,
      budget: slots.retryBudget?.targets.get(key, now),
      rateLimit: slots.rateLimit?.targets.get(key, now),
      breaker: slots.circuitBreaker?.targets.get(key, now),
      bulkhead: slots.bulkhead?.targets.get(key, now),
      concurrency: slots.adaptiveConcurrency?.targets.get(key, now),
      breakerListener: onEvent && ((state) => onEvent({ type: 'breaker', key, state })),
    }
  }
}
