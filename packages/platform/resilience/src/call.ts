import type { AbortFollower } from './abort-hub.ts'
import type { AdaptiveTarget } from './adaptive-concurrency.ts'
import { Attempt } from './attempt.ts'
import type { Clock } from './clock.ts'
import type { Engine } from './engine.ts'
import { readFacts, readVerdict, type FailureFacts } from './failure-facts.ts'
import { nextAttemptInMs, type Failed } from './next-attempt.ts'
import type { AttemptFailure, ExecuteOptions, Operation } from './pipeline-types.ts'
import { ResilienceError, type Applied, type ResilienceErrorCode } from './resilience-error.ts'
import type { Target } from './target.ts'
import { Timed } from './timed.ts'
import { quietly } from './quietly.ts'
import { QueuePlace, Stage } from './queue-place.ts'
import type { Waiter } from './wait-queue.ts'

/** One call on its way through the pipeline: a state machine. */
export class Call<T> extends Timed implements AbortFollower {
  readonly signal: AbortSignal | undefined
  readonly #engine: Engine
  readonly #target: Target
  readonly #fn: Operation<T>
  readonly #options: ExecuteOptions | undefined
  readonly #resolve: (value: T) => void
  readonly #reject: (error: unknown) => void
  #attempts = 0
  #attempt: Attempt | undefined = undefined
  /** The operation of `#attempt` was started. */
  #running = false
  /** The place in the queue where the call waits, or waited last. */
  #place: QueuePlace | undefined = undefined
  #settled = false
  #applied: Applied = 'no'
  #lastError: unknown = undefined

  constructor(
    engine: Engine,
    target: Target,
    fn: Operation<T>,
    options: ExecuteOptions | undefined,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) {
    super(engine.ticker, engine.deadlineMs, engine.attemptTimeoutMs, options)
    this.#engine = engine
    this.#target = target
    this.#fn = fn
    this.#options = options
    this.#resolve = resolve
    this.#reject = reject
    this.signal = options?.signal
  }

  begin(): void {
    const { signal } = this
    if (signal !== undefined) {
      if (signal.aborted) {
        this.callerAborted(signal.reason)
        return
      }
      this.#engine.hub.follow(signal, this)
    }
    this.#enterRateLimit()
  }

  // ── Admission, stage by stage. Each stage goes on to the next, lets the call wait, or rejects it. ──

  #enterRateLimit(): void {
    this.#attempt = new Attempt(this as Call<unknown>, this.#target)
    const { rateLimit } = this.#target
    if (rateLimit !== undefined && !rateLimit.tryTake(this.exactNow())) {
      if (rateLimit.join(this.#waitFor(Stage.rateLimit), this.ticker.clock)) this.armDeadline()
      else this.#rejectLocally('rate_limited', 'the rate limit and its queue are used up', rateLimit.turnInMs())
      return
    }
    this.#enterBreaker()
  }

  #enterBreaker(): void {
    const { breaker, breakerListener } = this.#target
    if (breaker !== undefined) {
      const now = this.ticker.now()
      if (!breaker.tryEnter(now, breakerListener)) {
        this.#rejectLocally('breaker_open', 'the circuit breaker is open', breaker.retryAfterMs(now))
        return
      }
      this.#attempt!.breakerGeneration = breaker.generation
    }
    this.#enterBulkhead()
  }

  #enterBulkhead(): void {
    const { bulkhead } = this.#target
    if (bulkhead !== undefined) {
      if (!bulkhead.tryTake()) {
        if (bulkhead.join(this.#waitFor(Stage.bulkhead))) this.armDeadline()
        else this.#rejectLocally('bulkhead_full', 'the bulkhead and its queue are full')
        return
      }
      this.#attempt!.holdsBulkhead = true
    }
    this.#enterConcurrency()
  }

  #enterConcurrency(): void {
    const { concurrency } = this.#target
    if (concurrency !== undefined) {
      if (!concurrency.tryTake(this.clock)) {
        if (concurrency.join(this.#waitFor(Stage.concurrency), this.clock)) this.armDeadline()
        else this.#rejectLocally('queue_full', 'the target is overloaded and the queue for it is full')
        return
      }
      this.#tookSlot(this.#attempt!, concurrency)
    }
    this.#run()
  }

  #tookSlot(attempt: Attempt, concurrency: AdaptiveTarget): void {
    attempt.holdsConcurrency = true
    attempt.concurrencyEpoch = concurrency.epoch
    if (concurrency.quickest !== undefined) attempt.startedAt = this.exactNow()
  }

  #waitFor(stage: Stage): Waiter {
    this.#place = new QueuePlace(this as Call<unknown>, stage)
    return this.#place
  }

  granted(stage: Stage): void {
    const attempt = this.#attempt!
    if (stage === Stage.rateLimit) {
      this.#enterBreaker()
      return
    }
    if (stage === Stage.bulkhead) {
      attempt.holdsBulkhead = true
      if (!this.#breakerChanged()) this.#enterConcurrency()
      return
    }
    this.#tookSlot(attempt, this.#target.concurrency!)
    if (!this.#breakerChanged()) this.#run()
  }

  /** A call that waited while the breaker opened is rejected, not sent to a dead target. */
  #breakerChanged(): boolean {
    const { breaker } = this.#target
    if (breaker === undefined || breaker.generation === this.#attempt!.breakerGeneration) return false
    const now = this.ticker.now()
    if (breaker.tryEnter(now, this.#target.breakerListener)) {
      this.#attempt!.breakerGeneration = breaker.generation
      return false
    }
    this.#rejectLocally('breaker_open', 'the circuit breaker opened while the call waited', breaker.retryAfterMs(now))
    return true
  }

  // ── Running an attempt. ──

  #run(): void {
    const attempt = this.#attempt!
    attempt.attempt = ++this.#attempts
    this.#running = true
    this.armAttempt(this.#attempts === 1)
    let outcome: Promise<T>
    try {
      outcome = this.#fn(attempt)
      if (!(outcome instanceof Promise)) outcome = Promise.resolve(outcome)
    } catch (error) {
      outcome = Promise.reject(error)
    }
    outcome.then(
      (value) => attempt.fulfilled(value),
      (error: unknown) => attempt.rejected(error),
    )
  }

  ring(): void {
    if (this.dueAt === this.deadlineAt) {
      const applied = this.#running ? 'maybe' : this.#applied
      const error = new ResilienceError('deadline', `the deadline of ${this.deadlineMs} ms has passed`, {
        applied,
        retryable: this.#repeatable(applied),
        cause: this.#lastError,
      })
      this.#abandonAttempt(error, this.#running && !this.shortOfTime)
      this.#fail(error)
      return
    }
    const error = new ResilienceError('timeout', `the attempt took longer than ${this.attemptTimeoutMs} ms`, {
      applied: 'maybe',
      retryable: this.#repeatable('maybe'),
    })
    const attempt = this.#attempt!
    this.#attemptFailed(attempt, error, error)
    attempt.abandon(error)
  }

  callerAborted(reason: unknown): void {
    const applied = this.#running ? 'maybe' : this.#applied
    const error = new ResilienceError('cancelled', 'the caller aborted the call', {
      applied,
      retryable: false,
      cause: reason,
    })
    this.#abandonAttempt(reason, false)
    this.#fail(error)
  }

  succeed(value: unknown): void {
    this.#target.budget?.earn()
    this.#settle(true, undefined)
    this.#resolve(value as T)
  }

  operationFailed(attempt: Attempt, error: unknown): void {
    this.#attemptFailed(attempt, error, readFacts(error, this.#engine.classify))
    attempt.release()
  }

  recordOutcome(generation: number, failed: boolean): void {
    const { breaker, breakerListener } = this.#target
    breaker?.record(generation, failed, this.ticker.now(), this.#engine.random, breakerListener)
  }

  get clock(): Clock {
    return this.ticker.clock
  }

  reportSuccess(concurrency: AdaptiveTarget, { concurrencyEpoch, startedAt }: Attempt): void {
    if (concurrency.quickest !== undefined) {
      const now = this.exactNow()
      if (concurrency.wasQueued(now - startedAt, now)) {
        this.reportOverload(concurrency, concurrencyEpoch)
        return
      }
    }
    concurrency.succeeded(concurrencyEpoch, this.ticker.now(), this.#engine.random)
  }

  reportOverload(concurrency: AdaptiveTarget, epoch: number): void {
    const { onEvent, random } = this.#engine
    const changed = concurrency.overloaded(epoch, this.exactNow(), random)
    if (changed) onEvent?.({ type: 'limit', key: this.#target.key, limit: concurrency.limit })
  }

  /** The call ends without the attempt: one that runs keeps its slots until it really ends, one that waits has left. */
  #abandonAttempt(reason: unknown, timedOut: boolean): void {
    const attempt = this.#attempt
    if (attempt === undefined) return
    if (this.#running) {
      attempt.report(timedOut ? 'failed' : 'unknown', timedOut)
      attempt.abandon(reason)
      return
    }
    this.#place?.leave()
    this.#target.breaker?.leave(attempt.breakerGeneration)
    attempt.release()
  }

  // ── What follows a failed attempt. ──

  #attemptFailed(attempt: Attempt, error: unknown, facts: FailureFacts): void {
    this.#running = false
    this.#attempt = undefined
    this.ticker.clear(this)
    attempt.report(readVerdict(error, facts), facts.overload === true)
    if (facts.applied !== 'no' && this.#applied !== 'yes') this.#applied = facts.applied ?? 'maybe'
    this.#lastError = error
    const nextInMs = this.#nextAttemptInMs(error, facts)
    this.#tellAttemptFailed({ attempt: attempt.attempt, error, facts, nextAttemptInMs: nextInMs })
    // What is told may have aborted the call.
    if (this.#settled) return
    if (nextInMs === undefined) {
      this.#fail(error)
      return
    }
    this.ownTimer = this.ticker.clock.setTimer(() => this.#retry(), nextInMs, true)
  }

  #retry(): void {
    this.ownTimer = undefined
    this.dueAt = undefined
    this.#enterRateLimit()
  }

  #nextAttemptInMs(error: unknown, facts: FailureFacts): number | undefined {
    if (this.#options?.noRetry === true) return undefined
    // The retry needs the deadline on the clock; from here on it is fixed.
    const now = this.exactNow()
    const failed: Failed = { error, facts, attempts: this.#attempts, now, deadlineAt: this.fixDeadline(now) }
    return nextAttemptInMs(this.#engine, this.#target, failed, this.signal)
  }

  #rejectLocally(code: ResilienceErrorCode, message: string, retryAfterMs?: number): void {
    const error = new ResilienceError(code, message, { applied: this.#applied, retryable: true, retryAfterMs })
    const attempt = this.#attempt!
    if (code !== 'breaker_open') this.#target.breaker?.leave(attempt.breakerGeneration)
    attempt.release()
    this.#engine.onEvent?.({ type: 'rejected', key: this.#target.key, error })
    // After a real failure that one is what the caller needs to know, not why it was not repeated.
    this.#fail(this.#lastError ?? error)
  }

  #repeatable(applied: Applied): boolean {
    return applied === 'no' || (this.#options?.repeatable ?? this.#engine.retry?.repeatable ?? false)
  }

  #fail(error: unknown): void {
    if (this.#settled) return
    this.#settle(false, error)
    this.#reject(error)
  }

  #settle(succeeded: boolean, error: unknown): void {
    this.#settled = true
    this.ticker.clear(this)
    if (this.signal !== undefined) {
      const controller = succeeded ? this.#attempt?.controller : undefined
      this.#engine.hub.unfollow(this.signal, this, controller)
    }
    const onSettled = this.#options?.onSettled
    if (onSettled === undefined) return
    const attempts = this.#attempts
    quietly(() => onSettled(succeeded ? { attempts, succeeded } : { attempts, succeeded, error }))
  }

  #tellAttemptFailed(failure: AttemptFailure): void {
    const onAttemptFailed = this.#options?.onAttemptFailed
    if (onAttemptFailed !== undefined) quietly(() => onAttemptFailed(failure))
  }
}
