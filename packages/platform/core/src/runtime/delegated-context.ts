import type { AttemptNote, CallContext } from '../contract/call.ts'
import type { Effect } from '../contract/effect.ts'
import type { Redactor } from '../secrets/redactor.ts'

/** A call context that hands on to another; the base of those that facets get. */
export class DelegatedContext implements CallContext {
  readonly #context: CallContext

  constructor(context: CallContext) {
    this.#context = context
  }

  get signal(): AbortSignal {
    return this.#context.signal
  }

  get deadline(): number | undefined {
    return this.#context.deadline
  }

  get remainingMs(): number | undefined {
    return this.#context.remainingMs
  }

  get attempt(): number {
    return this.#context.attempt
  }

  get effect(): Effect {
    return this.#context.effect
  }

  get idempotencyKey(): string | undefined {
    return this.#context.idempotencyKey
  }

  get vendor(): unknown {
    return this.#context.vendor
  }

  get fileRoots(): readonly string[] {
    return this.#context.fileRoots
  }

  get redactor(): Redactor {
    return this.#context.redactor
  }

  get note(): (facts: AttemptNote) => void {
    return this.#context.note
  }
}
