import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Exchange } from './exchange.ts'
import type { HttpHeaders } from './http-types.ts'
import { tooLarge } from './body/response-stream.ts'

/** An answer whose body is read as far as it is wanted, or streams. */
export interface Answer {
  readonly status: number
  readonly headers: HttpHeaders
  /** Empty where the body streams. */
  readonly bytes: Buffer
  readonly stream: Readable | undefined
}

/** What to do with a body, known once the header has arrived. */
export type BodyPlan =
  | { readonly mode: 'stream' }
  /** All of it; more is an error. */
  | { readonly mode: 'whole'; readonly maxBytes: number }
  /** As much as that; the rest is cut off. */
  | { readonly mode: 'beginning'; readonly maxBytes: number }

const none = Buffer.alloc(0)

/**
 * Takes one answer from undici's dispatcher. Bodies that are wanted whole are collected without a stream between, and the
 * signal is listened to once: each of the two costs as much as the rest of a small request.
 */
export class ExchangeHandler implements Dispatcher.DispatchHandler {
  readonly answer: Promise<Answer>
  readonly #exchange: Exchange
  readonly #signal: AbortSignal
  readonly #plan: (status: number, headers: HttpHeaders) => BodyPlan
  readonly #resolve: (answer: Answer) => void
  readonly #reject: (error: unknown) => void
  #controller: Dispatcher.DispatchController | undefined
  #failure: { readonly reason: unknown } | undefined
  #mode: BodyPlan = { mode: 'beginning', maxBytes: 0 }
  #headers: HttpHeaders = {}
  #chunks: Buffer[] = []
  #length = 0
  #stream: Readable | undefined

  constructor(exchange: Exchange, signal: AbortSignal, plan: (status: number, headers: HttpHeaders) => BodyPlan) {
    this.#exchange = exchange
    this.#signal = signal
    this.#plan = plan
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    this.answer = promise
    this.#resolve = resolve
    this.#reject = reject
    signal.addEventListener('abort', this)
  }

  /** The signal was aborted. */
  handleEvent(): void {
    this.abort(this.#signal.reason)
  }

  /** Ends the exchange, wherever it is. What waits for a connection is dropped as soon as it gets one. */
  abort(reason: unknown): void {
    this.#failure ??= { reason }
    this.#controller?.abort(toError(reason))
    this.onResponseError(this.#controller, reason)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#failure !== undefined) return controller.abort(toError(this.#failure.reason))
    this.#controller = controller
    this.#exchange.start()
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: HttpHeaders): void {
    if (status < 200) return
    this.#exchange.status = status
    this.#headers = headers
    this.#mode = this.#plan(status, headers)
    if (this.#mode.mode === 'stream') this.#openStream(controller)
    else if (this.#mode.mode === 'whole' && this.#announced(headers) > this.#mode.maxBytes)
      this.abort(tooLarge(this.#exchange, this.#mode.maxBytes))
  }

  /** The length announced; the answer to HEAD announces a body that never comes. */
  #announced(headers: HttpHeaders): number {
    return this.#exchange.method === 'HEAD' ? 0 : Number(headers['content-length'] ?? 0)
  }

  #openStream(controller: Dispatcher.DispatchController): void {
    let ended = false
    const stream = new Readable({
      read: () => controller.resume(),
      destroy: (error, done) => {
        this.#stopListening()
        if (!ended) controller.abort(error ?? new DOMException('The answer was not read to its end.', 'AbortError'))
        done(error)
      },
    })
    // Whoever reads it sees its error; where nobody does, it must not end the process.
    stream.on('error', () => undefined)
    stream.on('end', () => {
      ended = true
    })
    this.#stream = stream
    this.#finish()
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#stream !== undefined) {
      if (!this.#stream.push(chunk)) controller.pause()
      return
    }
    if (this.#mode.mode === 'stream') return
    this.#length += chunk.byteLength
    if (this.#length <= this.#mode.maxBytes) {
      this.#chunks.push(chunk)
    } else if (this.#mode.mode === 'whole') {
      this.abort(tooLarge(this.#exchange, this.#mode.maxBytes))
    } else {
      this.#finish()
      controller.abort(new DOMException('The rest of the answer is not wanted.', 'AbortError'))
    }
  }

  onResponseEnd(): void {
    if (this.#stream !== undefined) {
      this.#stream.push(null)
      return
    }
    this.#stopListening()
    this.#finish()
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: unknown): void {
    this.#stopListening()
    if (this.#stream !== undefined) this.#stream.destroy(toError(error))
    // The beginning of an error answer is worth having, also where the rest of it breaks off.
    else if (this.#failure === undefined && this.#mode.mode === 'beginning' && this.#exchange.status !== undefined)
      this.#finish()
    else this.#reject(error)
  }

  #finish(): void {
    const { status = 0 } = this.#exchange
    const [first] = this.#chunks
    const bytes = first === undefined ? none : this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks)
    this.#resolve({ status, headers: this.#headers, bytes, stream: this.#stream })
  }

  #stopListening(): void {
    this.#signal.removeEventListener('abort', this)
  }
}

/** Errors of another realm (a worker's, a test runner's) are not `instanceof Error` here. */
function toError(reason: unknown): Error {
  return typeof reason === 'object' && reason !== null && 'message' in reason
    ? (reason as Error)
    : new Error(String(reason))
}
