import type { Connection } from 'pg'
import { isServerError } from '../errors.ts'
import type { Step } from './statement.ts'

const highWaterBytes = 1_048_576

type WireEvent = 'copyOutResponse' | 'readyForQuery' | 'end'

interface Wire {
  readonly stream: { cork(): void; uncork(): void; pause(): void; resume(): void }
  parse(query: { text: string }, more?: boolean): void
  bind(config: object, more?: boolean): void
  execute(config: null, more?: boolean): void
  sync(): void
  once(event: WireEvent, listener: () => void): void
  off(event: WireEvent, listener: () => void): void
}

/**
 * The bytes of COPY … TO STDOUT, at most about 1 MiB of them in memory. Sent by the extended protocol, which takes one
 * statement at a time. pg's client calls the `handle…` methods.
 */
export class CopyOutput implements AsyncIterable<Uint8Array> {
  readonly #steps: readonly Step[]
  readonly #begun = Promise.withResolvers<void>()
  readonly #over = Promise.withResolvers<void>()
  #chunks: Buffer[] = []
  #bytes = 0
  #wire: Wire | undefined
  #paused = false
  #ended = false
  #failure: { readonly error: unknown } | undefined
  #wake: (() => void) | undefined

  /** @param steps the statements, one of them COPY. */
  constructor(steps: readonly Step[]) {
    this.#steps = steps
    this.#begun.promise.catch(() => undefined)
  }

  /** Called where the reader goes away before the end. */
  onLetGo: () => void = () => undefined

  /** Resolves when the server begins to send; rejects where it refuses. */
  get begun(): Promise<void> {
    return this.#begun.promise
  }

  /** Resolves when the server is done, or the connection is lost. */
  get over(): Promise<void> {
    return this.#over.promise
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    try {
      for (;;) {
        if (this.#bytes > 0) yield this.#taken()
        else if (this.#failure !== undefined) throw this.#failure.error
        else if (this.#ended) return
        else
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
      }
    } finally {
      if (!this.#ended) this.onLetGo()
    }
  }

  submit(connection: Connection): void {
    const wire = connection as unknown as Wire
    this.#wire = wire
    wire.once('copyOutResponse', this.#begin)
    wire.stream.cork()
    try {
      for (const { text } of this.#steps) {
        wire.parse({ text })
        wire.bind({})
        wire.execute(null)
      }
      wire.sync()
    } finally {
      wire.stream.uncork()
    }
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    // The parser uses its buffer again.
    this.#chunks.push(Buffer.from(chunk))
    this.#bytes += chunk.length
    this.#wake?.()
    if (this.#bytes < highWaterBytes || this.#paused) return
    this.#paused = true
    this.#wire?.stream.pause()
  }

  handleError(error: unknown): void {
    this.#failure ??= { error }
    this.#begun.reject(error)
    // What the server refused it is done with a moment later; then the connection can be used again.
    if (isServerError(error)) for (const event of ['readyForQuery', 'end'] as const) this.#wire?.once(event, this.#end)
    else this.#end()
  }

  handleReadyForQuery(): void {
    // A statement that gives nothing to copy.
    this.#begun.resolve()
    this.#end()
  }

  handleCommandComplete(): void {}
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleEmptyQuery(): void {}

  readonly #begin = (): void => this.#begun.resolve()

  readonly #end = (): void => {
    this.#ended = true
    this.#wire?.off('copyOutResponse', this.#begin)
    for (const event of ['readyForQuery', 'end'] as const) this.#wire?.off(event, this.#end)
    this.#wake?.()
    this.#over.resolve()
  }

  #taken(): Buffer {
    const chunk = Buffer.concat(this.#chunks, this.#bytes)
    this.#chunks = []
    this.#bytes = 0
    if (this.#paused) {
      this.#paused = false
      this.#wire?.stream.resume()
    }
    return chunk
  }
}
