import type { CallContext } from '@casare/core'

/** The same call under another signal. */
export function withSignal(call: CallContext, signal: AbortSignal): CallContext {
  return {
    signal,
    deadline: undefined,
    remainingMs: undefined,
    attempt: call.attempt,
    effect: call.effect,
    idempotencyKey: call.idempotencyKey,
    vendor: call.vendor,
    fileRoots: call.fileRoots,
    redactor: call.redactor,
    note: (facts) => call.note(facts),
  }
}
