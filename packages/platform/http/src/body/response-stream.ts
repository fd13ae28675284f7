import { Transform, pipeline, type Readable } from 'node:stream'
import type { Exchange } from '../exchange.ts'
import { toExchangeError, unusableAnswer } from '../errors/exchange-error.ts'
import { decompressors } from './decompress.ts'

/** The connection of a stream that nobody holds any more would stay taken for ever. */
const abandoned = new FinalizationRegistry<WeakRef<Readable>>((source) => source.deref()?.destroy())

/**
 * The body of an answer as it arrives, decompressed, read once. Leaving the loop early, aborting the signal, and dropping
 * the stream unread all end the connection. Failures are `ConnectorError`s.
 */
export class ResponseStream implements AsyncIterable<Uint8Array> {
  readonly #readable: Readable
  readonly #exchange: Exchange
  readonly #signal: AbortSignal
  #taken = false

  constructor(
    source: Readable,
    codings: readonly string[],
    maxBytes: number | undefined,
    exchange: Exchange,
    signal: AbortSignal,
  ) {
    this.#exchange = exchange
    this.#signal = signal
    this.#readable = chain(source, codings, maxBytes, exchange)
    abandoned.register(this, new WeakRef(source))
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    if (this.#taken) throw unusableAnswer(this.#exchange, 'the stream of the answer can be read only once.')
    this.#taken = true
    try {
      for await (const chunk of this.#readable) yield chunk as Uint8Array
    } catch (error) {
      throw toExchangeError(error, this.#exchange, this.#signal)
    } finally {
      this.#readable.destroy()
    }
  }
}

function chain(
  source: Readable,
  codings: readonly string[],
  maxBytes: number | undefined,
  exchange: Exchange,
): Readable {
  const stages = decompressors(codings)
  if (maxBytes !== undefined) stages.push(cutAt(maxBytes, exchange))
  const last = stages.at(-1)
  if (last === undefined) return source
  // Errors and early ends travel both ways; the reader of the last stage sees them, so nobody else needs to.
  pipeline([source, ...stages], () => undefined)
  return last
}

function cutAt(maxBytes: number, exchange: Exchange): Transform {
  let length = 0
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      length += chunk.byteLength
      if (length > maxBytes) done(tooLarge(exchange, maxBytes))
      else done(null, chunk)
    },
  })
}

/** The error of an answer over its limit. */
export function tooLarge(exchange: Exchange, maxBytes: number, cause?: unknown): Error {
  return unusableAnswer(
    exchange,
    `the answer is larger than the ${maxBytes} bytes allowed. Ask for less (a smaller page), raise limits.maxBodyBytes, or read it as a stream.`,
    { cause },
  )
}
