/** What the service answered, where it refused. */
export class StorageAnswerError extends Error {
  readonly status: number
  /** Google's word for it: `notFound`, `conditionNotMet`; of the XML API `NoSuchKey`. */
  readonly reason: string | undefined
  readonly retryAfter: string | undefined
  readonly requestId: string | undefined

  constructor(
    message: string,
    facts: {
      readonly status: number
      readonly reason: string | undefined
      readonly retryAfter: string | undefined
      readonly requestId: string | undefined
    },
  ) {
    super(message)
    this.name = 'StorageAnswerError'
    this.status = facts.status
    this.reason = facts.reason
    this.retryAfter = facts.retryAfter
    this.requestId = facts.requestId
  }
}
