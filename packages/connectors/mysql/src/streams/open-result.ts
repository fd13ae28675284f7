import { ConnectorError } from '@casare/core'
import type { MysqlClient } from '../mysql-client.ts'
import type { RowFlow } from '../server/row-flow.ts'
import type { ServerConnection } from '../server/server-connection.ts'
import type { MysqlRow, Step } from '../server/statement.ts'

/** A result that stays open longer than this while its reader does something else is closed: the server waits for it in vain. */
const maxIdleMs = 10_000

/** A result that is read piece by piece; the next pieces arrive while the one before is being used. */
export class OpenResult {
  readonly #client: MysqlClient
  readonly #abort = new AbortController()
  readonly #opened = Promise.withResolvers<{ readonly connection: ServerConnection; readonly flow: RowFlow }>()
  #taken = 0
  #idle: NodeJS.Timeout | undefined
  #takeBack: () => void = () => undefined

  constructor(client: MysqlClient, step: Step, rows: number) {
    this.#client = client
    this.#opened.promise.catch(() => undefined)
    client
      .holding({ signal: this.#abort.signal, remainingMs: undefined }, async (connection) => {
        this.#abort.signal.throwIfAborted()
        const flow = connection.flow(step, rows)
        this.#opened.resolve({ connection, flow })
        await flow.over
      })
      .catch((error: unknown) => this.#opened.reject(error))
  }

  /**
   * The next rows, fewer than a piece at the end.
   * @returns `undefined` where the result was closed meanwhile: reading goes on by another one
   */
  async next(signal: AbortSignal): Promise<MysqlRow[] | undefined> {
    this.#keep()
    const abort = (): void => this.close(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    try {
      const { flow } = await this.#opened.promise
      const rows = await flow.next()
      signal.throwIfAborted()
      this.#taken += 1
      if (rows !== undefined && !flow.isOver) this.#offer()
      return rows
    } catch (error) {
      this.close(error)
      // The server limits the time of a statement; a slow reader needs several of them.
      if (this.#taken > 0 && ConnectorError.is(error, 'timeout') && !signal.aborted) return undefined
      throw error
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** Closes the result; before its end that costs its connection. Idempotent. */
  close(reason: unknown = closed): void {
    this.#keep()
    this.#abort.abort(reason)
    void this.#opened.promise.then(({ connection, flow }) => {
      if (flow.isOver) return
      flow.stop()
      connection.abandon(reason)
    }, ignore)
  }

  /** While its reader does something else, the result is closed when somebody waits for a connection, and after a while. */
  #offer(): void {
    this.#idle = setTimeout(() => this.close(), maxIdleMs)
    this.#idle.unref()
    this.#takeBack = this.#client.lend(() => this.close())
  }

  #keep(): void {
    clearTimeout(this.#idle)
    this.#takeBack()
  }
}

const closed = new Error('The result was closed.')

function ignore(): void {}
