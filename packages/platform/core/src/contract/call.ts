import type { Redactor } from '../secrets/redactor.ts'
import type { Effect, StatedEffect } from './effect.ts'

/** Options of one call. They stand beside the input, never in it. */
export interface CallOptions<Vendor = undefined> {
  /** Cancels the call: the error has the code `cancelled`. */
  readonly signal?: AbortSignal | undefined
  /** Time for the whole call, retries included, in milliseconds, 1 to 2^31-1. Default: the connection's `timeouts.callMs`. */
  readonly timeoutMs?: number | undefined
  /** The idempotency key of this logical call, 1 to 255 characters. Default: minted where the effect is `keyed`. */
  readonly idempotencyKey?: string | undefined
  /** What repeating this very call does, where the caller knows better than the connector. */
  readonly effect?: StatedEffect | undefined
  /** Further fields of the vendor's own request type; not available from JSON. */
  readonly vendor?: Vendor | undefined
}

/** What an attempt knows about the wire; goes into the request log, never bodies, never secrets. */
export interface AttemptNote {
  method?: string | undefined
  host?: string | undefined
  /** A template, not the path itself where that carries ids. */
  path?: string | undefined
  status?: number | undefined
  requestId?: string | undefined
}

/** What a connector's `run` gets beside its client and the parsed input. */
export interface CallContext<Vendor = unknown> {
  /** Aborted by the caller, the attempt's timeout or the connection's close. Hand it on to everything that waits. */
  readonly signal: AbortSignal
  /** When the whole call must be over, as `Date.now()` milliseconds; `undefined` where there is no limit. */
  readonly deadline: number | undefined
  /** Milliseconds left until `deadline`, at least 0; `undefined` where there is no limit. */
  readonly remainingMs: number | undefined
  /** 1 for the first attempt. */
  readonly attempt: number
  readonly effect: Effect
  /** Defined where the effect is `keyed` or the caller gave one; the same through all attempts. */
  readonly idempotencyKey: string | undefined
  readonly vendor: Vendor | undefined
  /** Folders below which `{ file }` bodies may lie. */
  readonly fileRoots: readonly string[]
  /** Registers secrets that arrive at run time: tokens, cookies, signed URLs. */
  readonly redactor: Redactor
  /** Adds to what the request log says of this attempt. */
  readonly note: (facts: AttemptNote) => void
}
