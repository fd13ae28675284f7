import type { Connection, Query } from 'mysql2'
import { convertRows, maskPrivateNames, type ResultField } from '../values/from-row.ts'
import type { MysqlRow } from './statement.ts'

/** Full pieces that wait; then the server has to wait, too. */
const maxPieces = 2

interface Pausable {
  pause(): void
  resume(): void
}

/** The rows of one query, taken piece by piece while the server sends the next ones. */
export class RowFlow {
  readonly #stream: Pausable
  readonly #pieceRows: number
  readonly #toError: (error: unknown) => unknown
  readonly #over = Promise.withResolvers<void>()
  readonly #pieces: MysqlRow[][] = []
  #piece: MysqlRow[] = []
  #fields: readonly ResultField[] = []
  #ended = false
  #stopped = false
  #failure: { readonly error: unknown } | undefined
  #wake: (() => void) | undefined
  /** Is the server kept waiting? Then its silence says nothing. */
  isPaused = false

  /** @param toError a failure of the driver as what is thrown. */
  constructor(command: Query, client: Connection, pieceRows: number, toError: (error: unknown) => unknown) {
    this.#stream = (client as unknown as { stream: Pausable }).stream
    this.#pieceRows = pieceRows
    this.#toError = toError
    command.on('fields', (fields: unknown) => {
      this.#fields = fields as ResultField[]
      maskPrivateNames(this.#fields)
    })
    command.on('result', (row: unknown) => this.#take(row as MysqlRow))
    command.on('error', this.fail)
    command.on('end', () => this.#end())
  }

  /** Resolves when nothing more comes. */
  get over(): Promise<void> {
    return this.#over.promise
  }

  get isOver(): boolean {
    return this.#ended || this.#stopped || this.#failure !== undefined
  }

  /**
   * The next rows: as many as a piece has, fewer at the end.
   * @returns `undefined` where it was stopped before the end
   */
  async next(): Promise<MysqlRow[] | undefined> {
    while (this.#pieces.length === 0 && !this.isOver)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    const piece = this.#pieces.shift() ?? this.#rest()
    if (this.isPaused && this.#pieces.length < maxPieces) {
      this.isPaused = false
      this.#stream.resume()
    }
    if (piece !== undefined) convertRows(piece, this.#fields)
    return piece
  }

  /** Nothing more is wanted but the full pieces that are here. */
  stop(): void {
    this.#stopped = true
    this.#finish()
  }

  readonly fail = (error: unknown): void => {
    if (this.isOver) return
    this.#failure = { error: this.#toError(error) }
    this.#finish()
  }

  #rest(): MysqlRow[] | undefined {
    if (this.#failure !== undefined) throw this.#failure.error
    if (!this.#ended) return undefined
    return this.#piece.splice(0)
  }

  #take(row: MysqlRow): void {
    if (this.isOver) return
    this.#piece.push(row)
    if (this.#piece.length < this.#pieceRows) return
    this.#pieces.push(this.#piece)
    this.#piece = []
    this.#wake?.()
    if (this.#pieces.length < maxPieces || this.isPaused) return
    // What has arrived already still comes: one read of the socket.
    this.isPaused = true
    this.#stream.pause()
  }

  #end(): void {
    if (this.isOver) return
    this.#ended = true
    this.#finish()
  }

  #finish(): void {
    if (this.isPaused) {
      this.isPaused = false
      this.#stream.resume()
    }
    this.#wake?.()
    this.#over.resolve()
  }
}
