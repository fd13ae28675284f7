import type { Socket } from 'node:net'
import type { Client } from 'pg'
import { isServerError } from '../errors.ts'
import { failureOf, type BackendSettings } from './backend.ts'
import { requestCancel } from './cancel.ts'
import { dial, type Route } from './dial.ts'
import { pipelinedQueries, type PipelinedQuery } from './pipelined-query.ts'
import { StatementCache } from './statement-cache.ts'
import { Submission, type Step, type StepResult } from './statement.ts'

const maxInFlight = 500
/** Behind a statement that takes longer than this nobody else is sent. */
const slowMs = 50
const cancelMs = 5_000
const reopenAfterMs = 1_000

interface InFlight {
  aborted: boolean
}

/** One server connection on which many small reads are on their way at once, each sent before the last is answered. */
export class PipelinedLane {
  readonly #route: Route
  readonly #settings: BackendSettings
  readonly #wrap: PipelinedQuery
  /** In the order in which the server answers. */
  readonly #inFlight: InFlight[] = []
  #open: { readonly client: Client; readonly statements: StatementCache } | undefined
  #opening = false
  #closed = false
  #failedAt = -Infinity
  /** Since when the first one is being answered. */
  #headSince = 0

  constructor(route: Route, settings: BackendSettings) {
    this.#route = route
    this.#settings = settings
    this.#wrap = pipelinedQueries(route.driver)
  }

  /** @returns `undefined` where it does not stand, or is held up; then somebody else must do it. */
  run(step: Step, signal: AbortSignal, again: () => Promise<StepResult>): Promise<StepResult> | undefined {
    const open = this.#open
    if (open === undefined) {
      void this.#dial()
      return undefined
    }
    if (this.#inFlight.length >= maxInFlight || signal.aborted) return undefined
    if (this.#inFlight.length > 0 && performance.now() - this.#headSince > slowMs) return undefined
    return new Promise((resolve, reject) => {
      const entry: InFlight = { aborted: false }
      const abort = (): void => {
        entry.aborted = true
        reject(signal.reason)
        // Only what the server works on now can be stopped; others it may hit are done again.
        if (this.#inFlight[0] === entry) this.#cancel(open.client)
      }
      const submission = new Submission([step], open.statements, this.#settings.maxRows, (error, results) => {
        signal.removeEventListener('abort', abort)
        this.#inFlight.splice(this.#inFlight.indexOf(entry), 1)
        this.#headSince = performance.now()
        if (entry.aborted) return
        if (error === undefined) return resolve(results[0] as StepResult)
        for (const text of submission.newlyNamed) open.statements.drop(text)
        if (isServerError(error) && ['0A000', '26000', '57014'].includes(error.code)) {
          open.statements.drop(step.text)
          resolve(again())
        } else reject(failureOf(error, step))
      })
      signal.addEventListener('abort', abort, { once: true })
      if (this.#inFlight.length === 0) this.#headSince = performance.now()
      this.#inFlight.push(entry)
      open.client.query(this.#wrap(submission) as never)
    })
  }

  close(): void {
    this.#closed = true
    const client = this.#open?.client
    this.#open = undefined
    if (client !== undefined) socketOf(client).destroy()
  }

  async #dial(): Promise<void> {
    if (this.#opening || this.#closed || performance.now() - this.#failedAt < reopenAfterMs) return
    this.#opening = true
    try {
      const client = await dial(this.#route, { pipeline: true })
      const lost = (): void => {
        if (this.#open?.client === client) this.#open = undefined
      }
      client.on('error', lost)
      client.on('end', lost)
      socketOf(client).setTimeout(this.#settings.readMs, () => {
        if (this.#inFlight.length > 0) socketOf(client).destroy(new Error('Connection terminated: no answer came.'))
      })
      if (this.#closed) socketOf(client).destroy()
      else this.#open = { client, statements: new StatementCache(this.#settings.maxStatements) }
    } catch {
      this.#failedAt = performance.now()
    } finally {
      this.#opening = false
    }
  }

  #cancel(client: Client): void {
    const { processID, secretKey } = client as unknown as { processID: number | null; secretKey: number | null }
    if (processID !== null && secretKey !== null)
      void requestCancel(this.#route, { processId: processID, secretKey }, cancelMs)
  }
}

function socketOf(client: Client): Socket {
  return client.connection.stream as unknown as Socket
}
