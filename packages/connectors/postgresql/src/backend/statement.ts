import type { Connection } from 'pg'
import { rowReader, type FieldDescription, type RowReader } from './row-reader.ts'
import type { Parameter } from '../values/to-parameter.ts'

/** A row: column names to values. */
export type PostgresqlRow = Record<string, unknown>

/** One statement with its parameters. */
export interface Step {
  readonly text: string
  readonly values: readonly Parameter[]
  /** What messages call it, where it is one of several: `statements[2]`. */
  readonly label?: string | undefined
}

/** What one statement gave. */
export interface StepResult {
  /** The first word of the command that ran: `SELECT`, `INSERT`. */
  command: string
  /** Rows given or changed. */
  count: number
  rows: PostgresqlRow[]
}

/** How a statement reaches the server: under which name it is prepared there. */
export interface Preparation {
  /** Empty for a statement that is not kept. */
  readonly name: string
  /** Must it be parsed first? */
  readonly parse: boolean
}

/** What `Submission` needs of its server connection. */
export interface StatementNames {
  prepare(text: string): Preparation
  /** Names of prepared statements to let go of. */
  forget(): readonly string[]
}

/** Called once, when the server is done with all of it or the connection is lost. */
export type Settle = (error: unknown, results: readonly StepResult[]) => void

/** What pg's client has beyond its types. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void }
  parse(query: { name?: string; text: string }, more?: boolean): void
  bind(config: { statement?: string; values: readonly Parameter[] }, more?: boolean): void
  describe(config: { type: string; name: string }, more?: boolean): void
  execute(config: { portal?: string } | null, more?: boolean): void
  close(config: { type: string; name: string }, more?: boolean): void
  sync(): void
  sendCopyFail(reason: string): void
}

/**
 * One or more statements, sent in one piece and run by the server as one transaction
 * (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING). Only ever by the extended protocol,
 * which takes one statement at a time. pg's client calls the methods.
 */
export class Submission {
  readonly #steps: readonly Step[]
  readonly #names: StatementNames
  readonly #maxRows: number
  readonly #settle: Settle
  readonly #results: StepResult[] = []
  #current: StepResult = { command: '', count: 0, rows: [] }
  #reader: RowReader | undefined
  #failure: unknown
  #settled = false

  constructor(steps: readonly Step[], names: StatementNames, maxRows: number, settle: Settle) {
    this.#steps = steps
    this.#names = names
    this.#maxRows = maxRows
    this.#settle = settle
  }

  /** Texts that got a name with this submission. */
  readonly newlyNamed: string[] = []

  submit(connection: Connection): void {
    const wire = connection as unknown as Wire
    wire.stream.cork()
    try {
      for (const name of this.#names.forget()) wire.close({ type: 'S', name })
      for (const { text, values } of this.#steps) {
        const { name, parse } = this.#names.prepare(text)
        if (parse) {
          wire.parse({ name, text })
          if (name !== '') this.newlyNamed.push(text)
        }
        wire.bind({ statement: name, values })
        wire.describe({ type: 'P', name: '' })
        wire.execute(null)
      }
      wire.sync()
    } finally {
      wire.stream.uncork()
    }
  }

  handleRowDescription({ fields }: { fields: readonly FieldDescription[] }): void {
    this.#reader = rowReader(fields)
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    if (this.#failure !== undefined || this.#reader === undefined) return
    const { rows } = this.#current
    if (rows.length >= this.#maxRows) {
      this.#failure = new TooManyRows(this.#maxRows)
      this.#current.rows = []
      return
    }
    try {
      rows.push(this.#reader(fields))
    } catch (error) {
      this.#failure = error
    }
  }

  handleCommandComplete({ text }: { text: string }): void {
    const space = text.indexOf(' ')
    this.#current.command = space < 0 ? text : text.slice(0, space)
    this.#current.count = Number(text.slice(text.lastIndexOf(' ') + 1)) || 0
    this.#next()
  }

  handleEmptyQuery(): void {
    this.#next()
  }

  handlePortalSuspended(): void {}

  handleCopyInResponse(connection: Connection): void {
    ;(connection as unknown as Wire).sendCopyFail('Use copyIn for COPY … FROM STDIN.')
  }

  handleCopyData(): void {
    this.#failure ??= new CopyOutside()
  }

  handleError(error: unknown): void {
    this.#end(this.#failure ?? error)
  }

  handleReadyForQuery(): void {
    this.#end(this.#failure)
  }

  #next(): void {
    this.#results.push(this.#current)
    this.#current = { command: '', count: 0, rows: [] }
    this.#reader = undefined
  }

  #end(error: unknown): void {
    if (this.#settled) return
    this.#settled = true
    this.#settle(error, this.#results)
  }
}

/** A query gave more rows than the connection allows. */
export class TooManyRows extends Error {
  constructor(maxRows: number) {
    super(`The query gives more than ${maxRows} rows (maxRows). Read them with rows.read, or limit the query.`)
  }
}

/** COPY … TO STDOUT by another way than copyOut. */
export class CopyOutside extends Error {
  constructor() {
    super('COPY … TO STDOUT gives no rows; use copyOut.')
  }
}
