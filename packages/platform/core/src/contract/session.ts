import type { Schema } from '../schemas/standard-schema.ts'
import type { CallContext } from './call.ts'

/** A scope: holds one vendor session for a callback, with the same operations and streams on it. */
export interface Session<Client, In, Parsed, Scoped> {
  readonly kind: 'session'
  readonly description: string
  readonly input: Schema<In, Parsed>
  /**
   * Opens the scope, runs `work` with the session's client, and ends the scope: commits where `work` resolves, rolls back
   * where it throws. May call `work` again where the whole scope can be repeated (a serialization failure).
   */
  readonly run: <Result>(
    client: Client,
    input: Parsed,
    context: CallContext,
    work: (scoped: Scoped) => Promise<Result>,
  ) => Promise<Result>
}

/** Any session, for constraints. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a constraint on every position at once; see docs/decisions
export type AnySession = Session<any, any, any, any>

/** Defines a session. */
export function session<Client, In, Parsed, Scoped>(spec: {
  readonly description: string
  readonly input: Schema<In, Parsed>
  readonly run: <Result>(
    client: Client,
    input: NoInfer<Parsed>,
    context: CallContext,
    work: (scoped: Scoped) => Promise<Result>,
  ) => Promise<Result>
}): Session<Client, In, Parsed, Scoped> {
  return { kind: 'session', ...spec }
}
