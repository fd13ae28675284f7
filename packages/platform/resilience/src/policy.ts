import { Engine } from './engine.ts'
import type { ExecuteOptions, Operation } from './pipeline-types.ts'

/** The kinds of policy, in the one order in which they act, outermost first. */
export const policyOrder = [
  'deadline',
  'retry',
  'retryBudget',
  'rateLimit',
  'circuitBreaker',
  'bulkhead',
  'adaptiveConcurrency',
  'timeout',
] as const

/** What a policy does. */
export type PolicyKind = (typeof policyOrder)[number]

/**
 * A policy as a value. It holds its own state: use the value in several pipelines and they share the state.
 */
export abstract class Policy {
  abstract readonly kind: PolicyKind
  #engine: Engine | undefined = undefined

  /**
   * Runs an async function under this policy alone.
   * @param signal the caller's abort: rejects the call at once with code `cancelled`
   */
  execute<T>(fn: Operation<T>, signal?: AbortSignal | ExecuteOptions): Promise<T> {
    this.#engine ??= new Engine({ [this.kind]: this }, {})
    const options = signal instanceof AbortSignal ? { signal } : signal
    return this.#engine.execute(fn, options)
  }
}
