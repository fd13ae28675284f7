import { codeDefaults, type Applied, type ErrorCode } from './error-codes.ts'

const brand = Symbol.for('casare.ConnectorError')

/** What a connector knows about a failure; everything but `code` and `message` has a default. */
export interface ErrorFacts {
  readonly code: ErrorCode
  /** One sentence: what, where, and what to do. Never contains a secret. */
  readonly message: string
  /** May the effect have happened? Default: by code (see `codeDefaults`). */
  readonly applied?: Applied | undefined
  /** Would the same call have a chance later? Default: by code (`rate_limited`, `timeout` and `unavailable` are transient). */
  readonly transient?: boolean | undefined
  /** How long the system asked us to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined
  /** The system says that it is overloaded (HTTP 429, 503 and the like). Default: true for `rate_limited`. */
  readonly overload?: boolean | undefined
  /** The vendor's numeric status, for HTTP the status code. */
  readonly status?: number | undefined
  /** The vendor's own error code, for example `NoSuchKey` or `40001`. */
  readonly vendorCode?: string | undefined
  /** The vendor's id of the failed request. */
  readonly requestId?: string | undefined
  readonly cause?: unknown
}

/** Facts that only the runtime knows; added before the error reaches the caller. */
export interface ErrorContext {
  readonly connector?: string | undefined
  readonly operation?: string | undefined
  readonly attempts?: number | undefined
  readonly idempotencyKey?: string | undefined
  readonly retryable?: boolean | undefined
}

/**
 * The one error class. Recognise it with `ConnectorError.is(error, code?)`, which also works across two copies of this
 * package in one process; `instanceof` does not.
 */
export class ConnectorError extends Error {
  /** What kind of failure it is, from the closed set of codes. */
  readonly code: ErrorCode
  /** May the effect have happened? */
  readonly applied: Applied
  /** Transient by nature; `retryable` is the final word for this very call. */
  readonly transient: boolean
  /** This same call may be repeated without harm, its effect considered, and has a chance. */
  readonly retryable: boolean
  /** How long the system asked us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined
  /** The system says that it is overloaded. */
  readonly overload: boolean
  /** Name of the connector, for example `aws-s3`. */
  readonly connector: string | undefined
  /** Name of the operation, or `stream.facet`. */
  readonly operation: string | undefined
  /** How many attempts were made, including the last. */
  readonly attempts: number | undefined
  /** The idempotency key under which the call was sent. */
  readonly idempotencyKey: string | undefined
  /** The vendor's numeric status. */
  readonly status: number | undefined
  /** The vendor's own error code. */
  readonly vendorCode: string | undefined
  /** The vendor's id of the failed request. */
  readonly requestId: string | undefined

  constructor(facts: ErrorFacts, context: ErrorContext = {}) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause })
    const defaults = codeDefaults[facts.code]
    this.code = facts.code
    this.applied = facts.applied ?? defaults.applied
    this.transient = facts.transient ?? defaults.transient
    this.retryable = context.retryable ?? (this.transient && this.applied === 'no')
    this.retryAfterMs = facts.retryAfterMs
    this.overload = facts.overload ?? facts.code === 'rate_limited'
    this.connector = context.connector
    this.operation = context.operation
    this.attempts = context.attempts
    this.idempotencyKey = context.idempotencyKey
    this.status = facts.status
    this.vendorCode = facts.vendorCode
    this.requestId = facts.requestId
    Object.defineProperty(this, brand, { value: 1 })
  }

  /** Is it a `ConnectorError` (of any copy of this package), and of this code where one is given? */
  static is(error: unknown, code?: ErrorCode): error is ConnectorError {
    if (typeof error !== 'object' || error === null || !(brand in error)) return false
    return code === undefined || (error as unknown as ConnectorError).code === code
  }

  /** The same failure with what the runtime knows added; the stack stays that of the original. */
  static with(error: ConnectorError, context: ErrorContext, facts: Partial<ErrorFacts> = {}): ConnectorError {
    const copy = new ConnectorError(
      { ...factsOf(error), ...facts },
      {
        connector: context.connector ?? error.connector,
        operation: context.operation ?? error.operation,
        attempts: context.attempts ?? error.attempts,
        idempotencyKey: context.idempotencyKey ?? error.idempotencyKey,
        retryable: context.retryable ?? error.retryable,
      },
    )
    if (error.stack !== undefined) copy.stack = error.stack
    return copy
  }

  /** Plain data for JSON faces: no stack, no cause. */
  toJSON(): ConnectorErrorJson {
    const json: Record<string, unknown> = {
      code: this.code,
      message: this.message,
      applied: this.applied,
      retryable: this.retryable,
    }
    for (const key of optionalFields) if (this[key] !== undefined && this[key] !== false) json[key] = this[key]
    return json as unknown as ConnectorErrorJson
  }
}

Object.defineProperty(ConnectorError.prototype, 'name', { value: 'ConnectorError', configurable: true, writable: true })

const optionalFields = [
  'retryAfterMs',
  'overload',
  'connector',
  'operation',
  'attempts',
  'idempotencyKey',
  'status',
  'vendorCode',
  'requestId',
] as const

/** A `ConnectorError` as plain data. */
export interface ConnectorErrorJson {
  readonly code: ErrorCode
  readonly message: string
  readonly applied: Applied
  readonly retryable: boolean
  readonly retryAfterMs?: number | undefined
  readonly overload?: boolean | undefined
  readonly connector?: string | undefined
  readonly operation?: string | undefined
  readonly attempts?: number | undefined
  readonly idempotencyKey?: string | undefined
  readonly status?: number | undefined
  readonly vendorCode?: string | undefined
  readonly requestId?: string | undefined
}

/** The facts an error was made of, to make another from. */
export function factsOf(error: ConnectorError): ErrorFacts {
  const { code, message, applied, transient, retryAfterMs, overload, status, vendorCode, requestId, cause } = error
  return { code, message, applied, transient, retryAfterMs, overload, status, vendorCode, requestId, cause }
}

/** Short for the most frequent error: `invalid_input` with a message that says what, where and what to do. */
export function invalidInput(message: string, cause?: unknown): ConnectorError {
  return new ConnectorError({ code: 'invalid_input', message, cause })
}
