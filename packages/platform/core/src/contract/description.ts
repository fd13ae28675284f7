import type { ErrorCode } from '../errors/error-codes.ts'
import type { JsonSchema } from '../schemas/standard-schema.ts'
import type { Category } from './connector.ts'
import type { Effect } from './effect.ts'

/** An operation as plain data. `effect` is the worst case; `effectDepends` says that the input or the caller may better it. */
export interface OperationDescription {
  readonly description: string
  readonly effect: Effect
  readonly effectDepends: boolean
  readonly input: JsonSchema
  readonly output: JsonSchema
  readonly errors: readonly ErrorCode[]
}

/** A reading facet as plain data. */
export interface ReadDescription {
  readonly description: string
  readonly input: JsonSchema
  readonly record: JsonSchema
  readonly cursor: JsonSchema
  readonly identified: boolean
  readonly errors: readonly ErrorCode[]
}

/** A listening facet as plain data. */
export interface ListenDescription {
  readonly description: string
  readonly input: JsonSchema
  readonly event: JsonSchema
  readonly errors: readonly ErrorCode[]
}

/** A writing facet as plain data. */
export interface WriteDescription {
  readonly description: string
  readonly effect: Effect
  readonly effectDepends: boolean
  readonly input: JsonSchema
  readonly record: JsonSchema
  readonly atomic: boolean
  readonly errors: readonly ErrorCode[]
}

/** A stream as plain data; a facet that is absent is not there. */
export interface StreamDescription {
  readonly description: string
  readonly read?: ReadDescription | undefined
  readonly listen?: ListenDescription | undefined
  readonly write?: WriteDescription | undefined
}

/** A session as plain data. */
export interface SessionDescription {
  readonly description: string
  readonly input: JsonSchema
}

/** What `describe()` gives and `dist/connector.json` holds. */
export interface ConnectorDescription {
  readonly name: string
  readonly title: string
  readonly category: Category
  readonly contractVersion: 1
  readonly description: string
  readonly config: JsonSchema
  readonly operations: Readonly<Record<string, OperationDescription>>
  readonly streams: Readonly<Record<string, StreamDescription>>
  readonly sessions: Readonly<Record<string, SessionDescription>>
  /** Can it resolve `secret://` references? */
  readonly secretProvider: boolean
}
