/** An answer that is an error, in Lambda's words. */
export class ApiError extends Error {
  readonly status: number
  readonly type: string
  readonly retryAfterSeconds: number | undefined

  constructor(status: number, type: string, message: string, retryAfterSeconds?: number) {
    super(message)
    this.status = status
    this.type = type
    this.retryAfterSeconds = retryAfterSeconds
  }
}
