import { channel, type Channel } from 'node:diagnostics_channel'
import type { RequestLogLine } from '../contract/uniform-config.ts'

/** Published before a logical call; the same object is published again at its end with `durationMs` and the outcome. */
export interface CallEvent {
  readonly connector: string
  readonly operation: string
  readonly startedAt: number
  durationMs?: number | undefined
  attempts?: number | undefined
  error?: unknown
}

/** Something that an operator should know: plaintext, reconnect, stalled consumer, policy state. */
export interface OperationalEvent {
  readonly connector: string
  readonly name: string
  readonly detail: Readonly<Record<string, unknown>>
}

/** The diagnostics channels (https://nodejs.org/api/diagnostics_channel.html); nobody listening costs nothing. */
export const channels: {
  readonly callStart: Channel<unknown, CallEvent>
  readonly callEnd: Channel<unknown, CallEvent>
  readonly attempt: Channel<unknown, RequestLogLine>
  readonly event: Channel<unknown, OperationalEvent>
} = {
  callStart: channel('casare:call:start') as Channel<unknown, CallEvent>,
  callEnd: channel('casare:call:end') as Channel<unknown, CallEvent>,
  attempt: channel('casare:attempt') as Channel<unknown, RequestLogLine>,
  event: channel('casare:event') as Channel<unknown, OperationalEvent>,
}
