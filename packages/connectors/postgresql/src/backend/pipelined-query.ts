import type { Connection } from 'pg'
import type { Driver } from './dial.ts'
import type { Submission } from './statement.ts'

/** Wraps a submission as what pg's client takes on a pipelined connection. */
export type PipelinedQuery = (submission: Submission) => object

/** pg lets only queries of its own class be sent ahead of the answers of others; this is one of them by name. */
export function pipelinedQueries(driver: Driver): PipelinedQuery {
  class Pipelined extends driver.Query {
    readonly #submission: Submission

    constructor(submission: Submission) {
      super({ text: '' })
      this.#submission = submission
    }

    override submit = (connection: Connection): void => this.#submission.submit(connection)
    handleRowDescription(message: Parameters<Submission['handleRowDescription']>[0]): void {
      this.#submission.handleRowDescription(message)
    }
    handleDataRow(message: Parameters<Submission['handleDataRow']>[0]): void {
      this.#submission.handleDataRow(message)
    }
    handleCommandComplete(message: Parameters<Submission['handleCommandComplete']>[0]): void {
      this.#submission.handleCommandComplete(message)
    }
    handleEmptyQuery(): void {
      this.#submission.handleEmptyQuery()
    }
    handlePortalSuspended(): void {}
    handleCopyInResponse(connection: Connection): void {
      this.#submission.handleCopyInResponse(connection)
    }
    handleCopyData(): void {
      this.#submission.handleCopyData()
    }
    handleError(error: unknown): void {
      this.#submission.handleError(error)
    }
    handleReadyForQuery(): void {
      this.#submission.handleReadyForQuery()
    }
  }
  return (submission) => new Pipelined(submission)
}
