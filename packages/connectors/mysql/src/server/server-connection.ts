import { ConnectorError, isError, type CallContext } from '@casare/core'
import type { Connection } from 'mysql2'
import type { Readable } from 'node:stream'
import { isServerError, refusedTime, serverFacts, toError } from '../errors.ts'
import { altersSession } from '../sql-text.ts'
import { maskPrivateNames, type ResultField } from '../values/from-row.ts'
import { timeParameter, type Parameter } from '../values/to-parameter.ts'
import { dial, lostError, type Route } from './dial.ts'
import { readResult } from './read-result.ts'
import { RowFlow } from './row-flow.ts'
import type { Step, StepResult } from './statement.ts'

/** What a statement needs to know of its call. */
export type Times = Pick<CallContext, 'signal' | 'remainingMs'>

const killMs = 5_000
const maxKnownTexts = 1_000
const twoTo63 = 2n ** 63n

/** One connection to the server. Statements on it come one after the other. */
export class ServerConnection {
  readonly openedAt = performance.now()
  /** When it was given back last, as `performance.now()`. */
  idleSince = 0
  /** Its session is not as it was when it was opened: it must not serve anybody else. */
  altered = false
  /** Is a transaction open, as the server said with its last answer that tells? */
  inTransaction = false
  readonly #client: Connection
  readonly #route: Route
  #lost: { readonly error: unknown } | undefined
  #onLost: (() => void) | undefined
  readonly #known = new Map<string, boolean>()
  /** Ends of the statements that are on their way: the driver forgets them where the connection is ended. */
  readonly #pending = new Set<(error: unknown) => void>()
  #flow: RowFlow | undefined
  readonly #note = (inTransaction: boolean): void => {
    this.inTransaction = inTransaction
  }
  #reads = false

  private constructor(client: Connection, route: Route) {
    this.#client = client
    this.#route = route
    client.on('error', (error) => this.#lose(error))
    client.on('end', () => this.#lose(new Error('The server closed the connection.')))
    const { stream } = client as unknown as { stream: import('node:net').Socket }
    stream.on('close', () => this.#lose(new Error('The server closed the connection.')))
    stream.setTimeout(route.context.timeouts.readMs, () => {
      if (this.#pending.size > 0 && this.#flow?.isPaused !== true && !this.#reads)
        this.destroy(new Error('The server has been silent for too long.'))
    })
  }

  /** Opens one, with a session in which what does not fit is an error and times are in UTC. */
  static async open(route: Route): Promise<ServerConnection> {
    const connection = new ServerConnection(await dial(route), route)
    const { readOnly, signal } = route.context
    try {
      const times = { signal, remainingMs: undefined }
      await connection.#prepareSession(times)
      if (readOnly) await connection.text('set session transaction read only', times)
      return connection
    } catch (error) {
      connection.destroy(error)
      throw error
    }
  }

  /** Besides: a net for statements whose caller has vanished, which MySQL and MariaDB call by different names. */
  async #prepareSession(times: Times): Promise<void> {
    const { readMs } = this.#route.context.timeouts
    // Before the connection is given up as silent.
    const limitMs = Math.max(1, Math.floor(Math.max(readMs * 0.7, readMs - 5_000)))
    const settings =
      "set sql_mode = concat_ws(',', nullif(@@sql_mode, ''), 'STRICT_ALL_TABLES', 'NO_ENGINE_SUBSTITUTION'), time_zone = '+00:00', autocommit = 1"
    try {
      await this.text(`${settings}, max_statement_time = ${limitMs / 1_000}`, times)
    } catch (error) {
      if (!ConnectorError.is(error) || error.vendorCode !== unknownVariable) throw error
      await this.text(`${settings}, max_execution_time = ${limitMs}`, times)
    }
  }

  get isLost(): boolean {
    return this.#lost !== undefined
  }

  /** Called once, when the connection is lost. */
  onLost(listener: () => void): void {
    this.#onLost = listener
  }

  /** Runs one statement, prepared, its values bound (https://dev.mysql.com/doc/refman/8.4/en/sql-prepared-statements.html). */
  async run(step: Step, times: Times): Promise<StepResult> {
    try {
      return await this.#submit(step, times, step.once !== true)
    } catch (error) {
      // A few statements cannot be prepared; they take no values either.
      if (ConnectorError.is(error) && error.vendorCode === notPreparable && step.values.length === 0)
        return this.#submit(step, times, false)
      const again = withTimeInUtc(step, refusedTime(error))
      if (again === undefined) throw error
      return this.run(again, times)
    }
  }

  /** Runs a text of ours without preparing it. */
  text(text: string, times: Times): Promise<StepResult> {
    return this.#submit({ text, values: [] }, times, false)
  }

  /**
   * Sends a stream to LOAD DATA LOCAL.
   * @throws what the stream threw, where it failed.
   */
  async load(text: string, source: Readable, times: Times): Promise<StepResult> {
    let failure: { readonly error: unknown } | undefined
    source.on('error', (error) => (failure ??= { error }))
    try {
      return await this.#submit({ text, values: [], source }, times, false)
    } catch (error) {
      throw failure === undefined || times.signal.aborted ? error : failure.error
    } finally {
      source.destroy()
    }
  }

  /** Runs a query whose rows are taken piece by piece; until they are, nothing else runs here. */
  flow(step: Step, pieceRows: number): RowFlow {
    if (this.#lost !== undefined) throw lostError(this.#lost.error)
    const client = this.#client
    const command =
      step.once === true
        ? client.query({ sql: step.text })
        : client.execute({ sql: step.text, values: this.#typed(step.values) })
    const flow = new RowFlow(command, client, pieceRows, (error) => this.#failure(error, step))
    this.#flow = flow
    this.#pending.add(flow.fail)
    void flow.over.then(() => {
      this.#pending.delete(flow.fail)
      this.#flow = undefined
    })
    return flow
  }

  /** Asks the server to stop what it does here, and ends the connection. */
  abandon(reason: unknown): void {
    void this.#kill()
    this.destroy(reason)
  }

  /** Ends the connection at once. */
  destroy(reason: unknown): void {
    this.#lose(isError(reason) ? reason : new Error('The connection was ended.'))
    this.#client.destroy()
  }

  /** Says goodbye to the server. */
  end(): Promise<void> {
    this.#onLost = undefined
    this.#lost ??= { error: new Error('The connection was ended.') }
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#client.destroy(), killMs)
      this.#client.end(() => {
        clearTimeout(timer)
        this.#client.destroy()
        resolve()
      })
    })
  }

  #submit(step: Step, { signal }: Times, prepared: boolean): Promise<StepResult> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) throw lostError(this.#lost.error)
      signal.throwIfAborted()
      let killed: Promise<void> | undefined
      let timer: NodeJS.Timeout | undefined
      const interrupt = (): void => {
        killed = this.#kill()
        step.source?.destroy(isError(signal.reason) ? signal.reason : undefined)
        // Where the server does not stop within its time, the connection is given up.
        timer = setTimeout(() => this.destroy(signal.reason), killMs)
      }
      const settle = (error: unknown, results?: unknown, fields?: unknown): void => {
        if (!this.#pending.delete(settle)) return
        signal.removeEventListener('abort', interrupt)
        if ((error as { fatal?: unknown } | null)?.fatal === true) this.#lose(error)
        let result: StepResult | undefined
        if (error === null) {
          if (prepared && this.#alters(step.text)) this.altered = true
          try {
            result = readResult(results, fields, this.#note)
          } catch (failure) {
            error = failure
          }
        }
        const finish = (): void => {
          if (result === undefined) reject(signal.aborted ? signal.reason : this.#failure(error, step))
          else resolve(result)
        }
        if (killed === undefined) return finish()
        // A late KILL would hit the next statement: it is waited for.
        clearTimeout(timer)
        void killed.then(finish, finish)
      }
      this.#pending.add(settle)
      signal.addEventListener('abort', interrupt, { once: true })
      const command = prepared
        ? this.#client.execute({ sql: step.text, values: this.#typed(step.values) }, settle)
        : this.#client.query({ sql: step.text, ...this.#sourceOf(step) }, settle)
      command.on('fields', maskNames)
    })
  }

  /** While the source has the word, the silence of the server says nothing. */
  #sourceOf({ source }: Step): { infileStreamFactory?: () => Readable } {
    if (source === undefined) return {}
    const infileStreamFactory = (): Readable => {
      this.#reads = true
      source.once('close', () => (this.#reads = false))
      return source
    }
    return { infileStreamFactory }
  }

  /** Whole numbers as integers: as the doubles that they are in JavaScript, LIMIT would refuse them and text would show an exponent. */
  #typed(values: readonly Parameter[]): never[] {
    const { integer } = this.#route.driver
    return values.map((value) => {
      if (typeof value === 'bigint') return value < twoTo63 ? integer(value) : integer.unsigned(value)
      return typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0) ? integer(value) : value
    }) as never[]
  }

  /** Looks at each text once: the same ones come again and again. */
  #alters(text: string): boolean {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    if (this.#known.size >= maxKnownTexts) this.#known.clear()
    const alters = altersSession(text)
    this.#known.set(text, alters)
    return alters
  }

  #failure(error: unknown, step: Step): unknown {
    if (isServerError(error)) return new ConnectorError(serverFacts(error, step.label))
    const facts = toError(error)
    return facts === undefined ? error : new ConnectorError(facts)
  }

  /** Asks the server, over a connection of its own, to stop what it does here. */
  async #kill(): Promise<void> {
    try {
      const { context } = this.#route
      const helper = await dial({ ...this.#route, context: { ...context, signal: AbortSignal.timeout(killMs) } })
      helper.on('error', () => undefined)
      await new Promise<void>((resolve) => {
        helper.query(`kill query ${Number(this.#client.threadId)}`, () => resolve())
      })
      helper.destroy()
    } catch (error) {
      this.destroy(error)
    }
  }

  #lose(error: unknown): void {
    if (this.#lost !== undefined) return
    this.#lost = { error }
    const listener = this.#onLost
    this.#onLost = undefined
    listener?.()
    for (const settle of [...this.#pending]) settle(error)
  }
}

const notPreparable = '1295'
const unknownVariable = '1193'

function maskNames(fields: unknown): void {
  if (Array.isArray(fields)) maskPrivateNames(fields as ResultField[])
}

/** MariaDB reads no zones: a time with its zone that a column of times refused is given in UTC. */
function withTimeInUtc(step: Step, refused: string | undefined): Step | undefined {
  const inUtc = refused === undefined ? undefined : timeParameter(refused)
  if (refused === undefined || inUtc === undefined || inUtc === refused || !step.values.includes(refused))
    return undefined
  return { ...step, values: step.values.map((value) => (value === refused ? inUtc : value)) }
}
