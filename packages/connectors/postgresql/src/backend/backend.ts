import { ConnectorError, isError, type CallContext } from '@casare/core'
import type { Client } from 'pg'
import { isServerError, serverFacts, toError } from '../errors.ts'
import { requestCancel } from './cancel.ts'
import { dial, type Route } from './dial.ts'
import { StatementCache } from './statement-cache.ts'
import { CopyOutside, Submission, TooManyRows, type Step, type StepResult } from './statement.ts'

/** What a statement needs to know of its call. */
export type Times = Pick<CallContext, 'signal' | 'remainingMs'> & Partial<Pick<CallContext, 'effect'>>

export interface BackendSettings {
  readonly maxStatements: number
  readonly maxRows: number
  /** Ends a connection on which an answer is waited for and no byte arrives, in milliseconds. */
  readonly readMs: number
}

const cancelMs = 5_000

/** One connection to the server, which has a process of its own for it (https://www.postgresql.org/docs/current/connect-estab.html). */
export class Backend {
  readonly client: Client
  readonly openedAt = performance.now()
  /** When it was given back last, as `performance.now()`. */
  idleSince = 0
  /** Its session is not as it was when it was opened: it must not serve anybody else. */
  altered = false
  /** The server's limit for a statement of this session, in milliseconds; 0 for none. */
  limitMs = 0
  /** What life the server is in; `null` where it cannot tell, `undefined` where it was not asked. */
  serverLife: string | null | undefined
  readonly #route: Route
  readonly #settings: BackendSettings
  readonly #statements: StatementCache
  #lost: { readonly error: unknown } | undefined
  #onLost: (() => void) | undefined
  #waiting = 0
  /** The end of what is being run; statements of one transaction come one after the other. */
  #running: Promise<unknown> | undefined

  private constructor(client: Client, route: Route, settings: BackendSettings) {
    this.client = client
    this.#route = route
    this.#settings = settings
    this.#statements = new StatementCache(settings.maxStatements)
    client.on('error', (error) => this.#lose(error))
    client.on('end', () => this.#lose(new Error('Connection terminated')))
    const stream = client.connection.stream as unknown as import('node:net').Socket
    stream.setTimeout(settings.readMs, () => this.#silent())
  }

  static async open(route: Route, settings: BackendSettings): Promise<Backend> {
    return new Backend(await dial(route), route, settings)
  }

  /** Is the connection gone? */
  get isLost(): boolean {
    return this.#lost !== undefined
  }

  /** Is a transaction open, as the server said with its last answer? */
  get inTransaction(): boolean {
    const status = this.client.getTransactionStatus()
    return status !== null && status !== 'I'
  }

  /** Called once, when the connection is lost. */
  onLost(listener: () => void): void {
    this.#onLost = listener
  }

  /** Runs statements in one piece; where others run, after them. */
  run(steps: readonly Step[], times: Times): Promise<readonly StepResult[]> {
    const before = this.#running
    const running = before === undefined ? this.#submit(steps, times) : before.then(() => this.#submit(steps, times))
    // The next one waits for the end, whatever it is.
    const settled = running.then(ignore, ignore)
    this.#running = settled
    void settled.then(() => {
      if (this.#running === settled) this.#running = undefined
    })
    return running
  }

  /** Takes the connection for work that speaks to pg's client itself, until its promise settles; aborting ends both. */
  async use<T>(times: Pick<Times, 'signal'>, work: (client: Client) => Promise<T>): Promise<T> {
    while (this.#running !== undefined) await this.#running
    this.#refuseLost()
    times.signal.throwIfAborted()
    this.#waiting += 1
    const abort = (): void => this.abandon(times.signal.reason)
    times.signal.addEventListener('abort', abort, { once: true })
    let settled: Promise<unknown> | undefined
    try {
      const working = work(this.client)
      this.#running = settled = working.then(ignore, ignore)
      return await working
    } catch (error) {
      throw failureOf(error, undefined)
    } finally {
      if (this.#running === settled) this.#running = undefined
      this.#waiting -= 1
      times.signal.removeEventListener('abort', abort)
    }
  }

  /** Asks the server to stop what it does here, and ends the connection. */
  abandon(reason: unknown): void {
    void this.#cancel()
    this.destroy(reason)
  }

  /** Ends the connection at once. */
  destroy(reason: unknown): void {
    const error = isError(reason) ? reason : new Error('The connection was ended.')
    this.#lose(error)
    ;(this.client.connection.stream as unknown as import('node:net').Socket).destroy(error)
  }

  /** Says goodbye to the server. */
  async end(): Promise<void> {
    this.#onLost = undefined
    this.#lost ??= { error: new Error('Connection terminated') }
    await this.client.end().catch(ignore)
  }

  #submit(steps: readonly Step[], { signal }: Times): Promise<readonly StepResult[]> {
    return new Promise((resolve, reject) => {
      this.#refuseLost()
      signal.throwIfAborted()
      this.#waiting += 1
      let interrupted: Promise<void> | undefined
      let timer: NodeJS.Timeout | undefined
      const interrupt = (): void => {
        interrupted = this.#cancel()
        // Where the server does not stop within its time, the connection is given up.
        timer = setTimeout(() => this.destroy(signal.reason), cancelMs)
      }
      const submission = new Submission(steps, this.#statements, this.#settings.maxRows, (error, results) => {
        this.#waiting -= 1
        signal.removeEventListener('abort', interrupt)
        if (error === undefined && interrupted === undefined) return resolve(results)
        clearTimeout(timer)
        void this.#atRest(error, interrupted).then(() => {
          if (error === undefined) return resolve(results)
          this.#forget(submission, steps, error)
          reject(failureOf(error, steps[results.length]))
        })
      })
      signal.addEventListener('abort', interrupt, { once: true })
      this.client.query(submission as never)
    })
  }

  /** Nobody knows which of the statements that were new the server has kept; and what it kept may be out of date. */
  #forget(submission: Submission, steps: readonly Step[], error: unknown): void {
    for (const text of submission.newlyNamed) this.#statements.drop(text)
    if (isServerError(error) && (error.code === '0A000' || error.code === '26000'))
      for (const { text } of steps) this.#statements.drop(text)
  }

  /** After a failure: until the server is ready for the next statement, and no cancel request is on its way. */
  async #atRest(error: unknown, interrupted: Promise<void> | undefined): Promise<void> {
    if (isServerError(error) && !this.isLost) await this.#readyOrLost()
    await interrupted
  }

  #readyOrLost(): Promise<void> {
    return new Promise((resolve) => {
      const { connection } = this.client
      const done = (): void => {
        connection.off('readyForQuery', done)
        connection.off('end', done)
        resolve()
      }
      connection.on('readyForQuery', done)
      connection.on('end', done)
    })
  }

  async #cancel(): Promise<void> {
    const { processID, secretKey } = this.client as unknown as { processID: number | null; secretKey: number | null }
    if (processID === null || secretKey === null || this.isLost) return
    await requestCancel(this.#route, { processId: processID, secretKey }, cancelMs)
  }

  /** No byte for as long as `readMs`: nothing is wrong with that where nothing is waited for. */
  #silent(): void {
    if (this.#waiting === 0) return
    this.abandon(
      new ConnectorError({
        code: 'timeout',
        message: `PostgreSQL: nothing arrived for ${this.#settings.readMs} ms (timeouts.readMs).`,
      }),
    )
  }

  #refuseLost(): void {
    if (this.#lost === undefined) return
    throw new ConnectorError({
      code: 'unavailable',
      applied: 'no',
      message: 'PostgreSQL: the connection was lost before the statement was sent.',
      cause: this.#lost.error,
    })
  }

  #lose(error: unknown): void {
    if (this.#lost !== undefined) return
    this.#lost = { error }
    const tell = this.#onLost
    this.#onLost = undefined
    tell?.()
  }
}

/** The failure of a statement as an error that says where. */
export function failureOf(error: unknown, step: Step | undefined): unknown {
  if (isServerError(error)) return new ConnectorError(serverFacts(error, step))
  if (error instanceof TooManyRows)
    return new ConnectorError({ code: 'invalid_input', applied: 'yes', message: error.message })
  if (error instanceof CopyOutside) return new ConnectorError({ code: 'invalid_input', message: error.message })
  const facts = toError(error)
  return facts === undefined ? error : new ConnectorError(facts)
}

function ignore(): void {}
