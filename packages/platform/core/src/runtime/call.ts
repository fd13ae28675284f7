import type { AttemptContext, ExecuteOptions } from '@casare/resilience'
import type { AttemptNote, CallContext, CallOptions } from '../contract/call.ts'
import type { Effect } from '../contract/effect.ts'
import type { Reconciled } from '../contract/operation.ts'
import { ConnectorError, invalidInput } from '../errors/connector-error.ts'
import type { Redactor } from '../secrets/redactor.ts'
import { channels, type CallEvent } from '../telemetry/channels.ts'
import type { Runtime } from './runtime.ts'
import { isRetryable, toConnectorError, type FailedCall } from './to-connector-error.ts'

/** What one logical call does; everything else about it is the same for all. */
export interface CallPlan<T> {
  readonly name: string
  readonly effect: Effect
  readonly options: CallOptions<unknown>
  readonly run: (client: unknown, context: CallContext) => Promise<T> | T
  readonly reconcile?: ((client: unknown, context: CallContext) => Promise<Reconciled<T>>) | undefined
  /** Not through retries, for what is repeated by somebody else. */
  readonly once?: boolean | undefined
  /** A scope: outside the policies (its calls are inside of them) and without the default time limit. */
  readonly session?: boolean | undefined
  /** Told how many attempts were made. */
  readonly tally?: { attempts: number } | undefined
}

/** Codes that, as the answer to a retry, may be the echo of our own first attempt. */
const echoes = new Set(['already_exists', 'conflict', 'not_found'])
const maxReconciledRepeats = 3

/** Runs a logical call through the pipeline; every failure leaves as a `ConnectorError`. */
export async function runCall<T>(runtime: Runtime, plan: CallPlan<T>): Promise<T> {
  const call = new LogicalCall(runtime, plan)
  runtime.source.enter()
  const announced = channels.callStart.hasSubscribers || channels.callEnd.hasSubscribers ? call.announce() : undefined
  try {
    let result: T
    try {
      result = await call.once()
    } catch (error) {
      result = await call.recover(error)
    }
    announced?.(undefined)
    return result
  } catch (error) {
    announced?.(error)
    throw error
  } finally {
    runtime.source.leave()
  }
}

class LogicalCall<T> implements FailedCall {
  readonly runtime: Runtime
  readonly plan: CallPlan<T>
  readonly effect: Effect
  readonly idempotencyKey: string | undefined
  readonly callerSignal: AbortSignal | undefined
  attempts = 0
  started = false
  /** An earlier attempt may have taken effect, so that "already there" can be our own echo. */
  #ambiguous = false
  /** Attempts that were cut off by a time limit and may still be running. */
  #unsettled = 0
  readonly #options: ExecuteOptions

  constructor(runtime: Runtime, plan: CallPlan<T>) {
    this.runtime = runtime
    this.plan = plan
    const { options } = plan
    this.effect = effectOf(runtime, plan)
    this.idempotencyKey = options.idempotencyKey ?? (this.effect === 'keyed' ? crypto.randomUUID() : undefined)
    this.callerSignal = options.signal
    this.#options = {
      signal: options.signal,
      timeoutMs: options.timeoutMs ?? (plan.session === true ? undefined : runtime.callMs),
      noRetry: runtime.scoped || plan.once === true,
      repeatable: this.effect !== 'unsafe',
    }
  }

  get name(): string {
    return this.plan.name
  }

  /** The call with the retries of its policies. */
  once(): Promise<T> {
    const { policies } = this.runtime
    if (policies === undefined || this.plan.session === true)
      return this.#attempt(new Unprotected(this.#options, this.attempts + 1))
    return policies.execute((context) => this.#attempt(context), this.#options)
  }

  /** After a failure: the output that was reconciled, the call again where that proved harmless, or the error to throw. */
  async recover(error: unknown): Promise<T> {
    let failure = error
    for (let repeats = 0; ; repeats += 1) {
      const settled = await this.#settle(failure)
      if ('output' in settled) return settled.output
      if (!('again' in settled) || repeats >= maxReconciledRepeats) throw settled.error
      try {
        return await this.once()
      } catch (next) {
        failure = next
      }
    }
  }

  async #attempt(policy: AttemptContext): Promise<T> {
    const { source, log } = this.runtime
    if (this.#unsettled > 0) this.#ambiguous = true
    this.#unsettled += 1
    this.attempts += 1
    if (this.plan.tally !== undefined) this.plan.tally.attempts = this.attempts
    const attempt = new Attempt(this, policy, this.attempts)
    const startedAt = log !== undefined || channels.attempt.hasSubscribers ? performance.now() : -1
    try {
      const client = source.current ?? (await source.get(policy.signal))
      this.started = true
      const result = await this.plan.run(client, attempt)
      if (startedAt >= 0) this.#log(attempt, startedAt, undefined)
      return result
    } catch (error) {
      const failure = this.#failed(error)
      if (startedAt >= 0) this.#log(attempt, startedAt, failure)
      throw failure
    } finally {
      this.#unsettled -= 1
    }
  }

  /** One attempt's failure as the pipeline and the caller shall see it. */
  #failed(error: unknown): ConnectorError {
    const failure = toConnectorError(this.runtime, this, error)
    if (this.#ambiguous && this.effect !== 'read' && echoes.has(failure.code))
      return ConnectorError.with(
        failure,
        { retryable: false },
        { code: 'outcome_unknown', applied: 'maybe', transient: false, cause: failure },
      )
    if (failure.applied === 'maybe') this.#ambiguous = true
    return failure
  }

  /** The end of the call after a failure: reconciled to an output, to be repeated, or the error to throw. */
  async #settle(
    error: unknown,
  ): Promise<{ output: T } | { again: true; error: ConnectorError } | { error: ConnectorError }> {
    const failure = ConnectorError.is(error) ? error : toConnectorError(this.runtime, this, error)
    const complete = ConnectorError.with(failure, { attempts: this.attempts })
    const open = complete.code === 'outcome_unknown' || (complete.applied === 'maybe' && this.effect === 'unsafe')
    if (!open) return { error: complete }
    const found = await this.#reconcile()
    if (typeof found === 'object') return found
    if (found === 'not_applied') {
      const facts = { applied: 'no', code: complete.code === 'outcome_unknown' ? 'conflict' : complete.code } as const
      const refused = ConnectorError.with(
        complete,
        { retryable: isRetryable({ ...facts, transient: complete.transient }, this.effect) },
        facts,
      )
      return refused.retryable && this.callerSignal?.aborted !== true
        ? { again: true, error: refused }
        : { error: refused }
    }
    if (found === 'applied')
      return {
        error: ConnectorError.with(
          complete,
          { retryable: false },
          { applied: 'yes', message: `${complete.message} The effect was applied, but its answer is lost.` },
        ),
      }
    if (complete.code === 'outcome_unknown' || complete.code === 'cancelled') return { error: complete }
    return {
      error: ConnectorError.with(
        complete,
        { retryable: false },
        {
          code: 'outcome_unknown',
          message: `${complete.message} Nobody can tell whether ${this.name} took effect; look before you repeat it.`,
          cause: failure,
        },
      ),
    }
  }

  async #reconcile(): Promise<Reconciled<T>> {
    const { reconcile } = this.plan
    const client = this.runtime.source.current
    if (reconcile === undefined || client === undefined || !this.started) return 'unknown'
    try {
      return await reconcile(client, new Attempt(this, new Unprotected(this.#options, this.attempts), this.attempts))
    } catch {
      return 'unknown'
    }
  }

  #log(attempt: Attempt, startedAt: number, failure: ConnectorError | undefined): void {
    const line = {
      connector: this.runtime.spec.name,
      operation: this.name,
      attempt: attempt.attempt,
      durationMs: Math.round((performance.now() - startedAt) * 1000) / 1000,
      outcome: failure === undefined ? ('ok' as const) : ('error' as const),
      ...(failure === undefined
        ? undefined
        : { code: failure.code, status: failure.status, requestId: failure.requestId }),
      ...attempt.noted,
    }
    if (line.path !== undefined) line.path = this.runtime.config.redactor.text(line.path)
    this.runtime.log?.(line)
    if (channels.attempt.hasSubscribers) channels.attempt.publish(line)
  }

  /** Tells the channels of the call; the function returned tells of its end. */
  announce(): (error: unknown) => void {
    const event: CallEvent = { connector: this.runtime.spec.name, operation: this.name, startedAt: Date.now() }
    const startedAt = performance.now()
    channels.callStart.publish(event)
    return (error) => {
      event.durationMs = performance.now() - startedAt
      event.attempts = this.attempts
      if (error !== undefined) event.error = error
      channels.callEnd.publish(event)
    }
  }
}

/** What one attempt sees. Everything that costs is made when it is asked for. */
class Attempt implements CallContext {
  readonly #call: LogicalCall<unknown>
  readonly #policy: AttemptContext
  readonly attempt: number
  noted: AttemptNote | undefined

  constructor(call: LogicalCall<unknown>, policy: AttemptContext, attempt: number) {
    this.#call = call
    this.#policy = policy
    this.attempt = attempt
  }

  get signal(): AbortSignal {
    return this.#policy.signal
  }

  get deadline(): number | undefined {
    const { remainingMs } = this
    return remainingMs === undefined ? undefined : Date.now() + remainingMs
  }

  get remainingMs(): number | undefined {
    const { remainingMs } = this.#policy
    return remainingMs === Infinity ? undefined : remainingMs
  }

  get effect(): Effect {
    return this.#call.effect
  }

  get idempotencyKey(): string | undefined {
    return this.#call.idempotencyKey
  }

  get vendor(): unknown {
    return this.#call.plan.options.vendor
  }

  get fileRoots(): readonly string[] {
    return this.#call.runtime.fileRoots
  }

  get redactor(): Redactor {
    return this.#call.runtime.config.redactor
  }

  /** May be taken apart from its context, as a connector's `run` likes to do. */
  get note(): (facts: AttemptNote) => void {
    return (facts) => {
      this.noted = { ...this.noted, ...facts }
    }
  }
}

/** Stands in for the pipeline where the policies are switched off: one attempt, the caller's signal and time limit. */
class Unprotected implements AttemptContext {
  readonly attempt: number
  readonly deadlineAt: number | undefined
  readonly signal: AbortSignal

  constructor(options: ExecuteOptions, attempt: number) {
    this.attempt = attempt
    const { timeoutMs, signal } = options
    this.deadlineAt = timeoutMs === undefined ? undefined : performance.now() + timeoutMs
    const limit = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)
    this.signal = AbortSignal.any([signal, limit].filter((one) => one !== undefined))
  }

  get remainingMs(): number {
    return this.deadlineAt === undefined ? Infinity : Math.max(0, this.deadlineAt - performance.now())
  }
}

function effectOf<T>(runtime: Runtime, plan: CallPlan<T>): Effect {
  const stated = plan.options.effect
  if (stated !== undefined && stated !== 'read' && stated !== 'idempotent' && stated !== 'unsafe')
    throw invalidInput(`${plan.name}: options.effect can be "read", "idempotent" or "unsafe".`)
  const effect = stated ?? plan.effect
  if (runtime.readOnly === 'server') return 'read'
  if (runtime.readOnly === 'refuse' && plan.effect !== 'read' && plan.session !== true)
    throw new ConnectorError({
      code: 'permission_denied',
      message: `${plan.name} may change something, and this connection is read-only.`,
    })
  return effect
}
