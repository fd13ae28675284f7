import type { Call } from './call.ts'
import type { Verdict } from './failure-facts.ts'
import type { AttemptContext } from './pipeline-types.ts'
import type { Target } from './target.ts'

/**
 * One attempt: what the operation sees of it, and the slots that stay taken until the operation really ends, which may be
 * long after its call went on without it.
 */
export class Attempt implements AttemptContext {
  attempt = 0
  breakerGeneration = 0
  concurrencyEpoch = 0
  /** When the operation got its slot; only where the target's answers are timed. */
  startedAt = 0
  holdsBulkhead = false
  holdsConcurrency = false
  readonly #call: Call<unknown>
  readonly #target: Target
  #controller: AbortController | undefined = undefined
  #signal: AbortSignal | undefined = undefined
  #abandonedBecause: unknown = undefined
  #abandoned = false
  /** Where the attempt was abandoned with a slot of the adaptive limit: that limit's write-off count then. */
  #writeOffs: number | undefined = undefined
  #dueAt: number | undefined = undefined

  constructor(call: Call<unknown>, target: Target) {
    this.#call = call
    this.#target = target
  }

  get signal(): AbortSignal {
    return (this.#signal ??= this.#makeSignal())
  }

  /** What aborts `signal`, where that was read and is not the caller's own. */
  get controller(): AbortController | undefined {
    return this.#controller
  }

  get deadlineAt(): number | undefined {
    const dueAt = this.#dueAt ?? this.#call.attemptDueAt()
    return dueAt === Number.POSITIVE_INFINITY ? undefined : dueAt
  }

  get remainingMs(): number {
    return Math.max(0, (this.deadlineAt ?? Number.POSITIVE_INFINITY) - this.#call.exactNow())
  }

  /** The operation resolved. */
  fulfilled(value: unknown): void {
    if (this.#abandoned) {
      this.release()
      return
    }
    const { breaker, concurrency } = this.#target
    if (breaker !== undefined) this.#recordOutcome(false)
    if (concurrency !== undefined) this.#call.reportSuccess(concurrency, this)
    this.release()
    this.#call.succeed(value)
  }

  /** The operation rejected. */
  rejected(error: unknown): void {
    if (this.#abandoned) this.release()
    else this.#call.operationFailed(this, error)
  }

  /** Reports how the attempt failed to breaker and limit. */
  report(verdict: Verdict, overload: boolean): void {
    const { breaker, concurrency } = this.#target
    if (verdict === 'unknown') breaker?.leave(this.breakerGeneration)
    else if (breaker !== undefined) this.#recordOutcome(verdict === 'failed')
    if (overload && concurrency !== undefined) this.#call.reportOverload(concurrency, this.concurrencyEpoch)
  }

  /** The call goes on without this attempt. Its slots stay taken until the operation ends. */
  abandon(reason: unknown): void {
    this.#abandoned = true
    this.#abandonedBecause = reason
    this.#dueAt = this.#call.attemptDueAt()
    this.#controller?.abort(reason)
    const { concurrency } = this.#target
    if (concurrency === undefined || !this.holdsConcurrency) return
    this.#writeOffs = concurrency.writeOffs
    concurrency.abandon(this.#call.clock)
  }

  /** Gives back what the attempt holds. */
  release(): void {
    const { bulkhead, concurrency } = this.#target
    if (this.holdsConcurrency) {
      this.holdsConcurrency = false
      concurrency?.release(this.#call.clock, this.#writeOffs)
    }
    if (this.holdsBulkhead) {
      this.holdsBulkhead = false
      bulkhead?.release()
    }
  }

  #recordOutcome(failed: boolean): void {
    this.#call.recordOutcome(this.breakerGeneration, failed)
  }

  #makeSignal(): AbortSignal {
    const callerSignal = this.#call.signal
    if (this.#abandoned) return AbortSignal.abort(this.#abandonedBecause)
    // Where nothing but the caller can end the attempt, the caller's own signal says everything.
    if (callerSignal !== undefined && !this.#call.hasTimeLimit) return callerSignal
    this.#controller = new AbortController()
    return this.#controller.signal
  }
}
