import type { ConnectorErrorJson } from '@casare/core'

/** A call that answered with an error: the connection did its work, and has scrubbed it. */
export class CallFailure extends Error {
  readonly error: ConnectorErrorJson
  /** What was done in spite of it, for the output. */
  readonly output: unknown

  constructor(error: ConnectorErrorJson, output?: unknown) {
    super(error.message)
    this.name = 'CallFailure'
    this.error = error
    this.output = output
  }
}
