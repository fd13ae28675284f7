import { ConnectorError, invalidInput, openBody, type OpenBody } from '@casare/core'
import { encodeForm } from '../build-path.ts'
import type { Exchange } from '../exchange.ts'
import type { HttpRequest } from '../http-types.ts'

/** The body of a request, ready to be sent, again if need be. */
export interface RequestBody {
  readonly contentType: string
  /** In memory. */
  readonly whole?: string | Uint8Array | undefined
  /** Or to be streamed. */
  readonly open?: OpenBody | undefined
  readonly repeatable: boolean
  /** The stream that was handed over, where it can be read only once. */
  readonly source?: object | undefined
}

/** More than this is sent in pieces, so that a connection that takes nothing is noticed. */
const maxWholeBytes = 65_536
const pieceBytes = 65_536

/**
 * @throws `invalid_input` where more than one of `json`, `form` and `body` is given, a value is not JSON, or a file is not
 * allowed.
 */
export function openRequestBody(
  request: HttpRequest,
  fileRoots: readonly string[],
): RequestBody | undefined | Promise<RequestBody> {
  const { json, form, body } = request
  if (json === undefined && form === undefined && body === undefined) return undefined
  if ([json, form, body].filter((part) => part !== undefined).length > 1)
    throw invalidInput('A request takes only one of json, form and body.')
  if (json !== undefined) return text('application/json', toJson(json))
  if (form !== undefined) return text('application/x-www-form-urlencoded', encodeForm(form))
  if (body === undefined) return undefined
  return openBody(body, fileRoots).then((open) => {
    const result = opened(open)
    return open.repeatable ? result : { ...result, source: body as object }
  })
}

function text(contentType: string, content: string): RequestBody {
  if (content.length <= maxWholeBytes) return { contentType, whole: content, repeatable: true }
  return opened(inMemory(Buffer.from(content)), contentType)
}

function opened(open: OpenBody, contentType = 'application/octet-stream'): RequestBody {
  const { bytes } = open
  if (bytes === undefined) return { contentType, open, repeatable: open.repeatable }
  if (bytes.byteLength <= maxWholeBytes) return { contentType, whole: bytes, repeatable: true }
  return { contentType, open: inMemory(bytes), repeatable: true }
}

function inMemory(bytes: Uint8Array): OpenBody {
  async function* pieces(): AsyncIterable<Uint8Array> {
    for (let at = 0; at < bytes.byteLength; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
  }
  return { length: bytes.byteLength, repeatable: true, bytes, stream: pieces }
}

function toJson(value: unknown): string {
  try {
    const result = JSON.stringify(value) as string | undefined
    if (result !== undefined) return result
  } catch (error) {
    throw invalidInput(`The json body cannot be written as JSON: ${(error as Error).message}`)
  }
  throw invalidInput('The json body cannot be written as JSON.')
}

/**
 * A streamed body with its own clocks: a chunk must be accepted within `writeMs`, and the answer must begin within `readMs`
 * after the last. A source that is slow to deliver is nobody's time-out.
 */
export class WatchedBody {
  readonly #source: AsyncIterable<Uint8Array>
  readonly #exchange: Exchange
  readonly #onTimeout: (error: ConnectorError) => void
  readonly #writeMs: number
  readonly #readMs: number
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  /** Was anything read from the source? */
  started = false

  /** @param onTimeout called, with the error to throw, when a clock has run out. */
  constructor(
    source: AsyncIterable<Uint8Array>,
    exchange: Exchange,
    writeMs: number,
    readMs: number,
    onTimeout: (error: ConnectorError) => void,
  ) {
    this.#onTimeout = onTimeout
    this.#source = source
    this.#exchange = exchange
    this.#writeMs = writeMs
    this.#readMs = readMs
  }

  async *stream(): AsyncGenerator<Uint8Array> {
    this.started = true
    try {
      for await (const chunk of this.#source) {
        if (!(chunk instanceof Uint8Array)) throw invalidInput('The stream of a body must deliver bytes (Uint8Array).')
        this.#arm(this.#writeMs, 'timeouts.writeMs went by without a byte of the body accepted')
        yield chunk
        clearTimeout(this.#timer)
      }
      this.#arm(this.#readMs, 'no answer within timeouts.readMs')
    } catch (error) {
      this.#exchange.sourceError = { error }
      throw error
    }
  }

  /** The exchange is over, or its answer has begun. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#stopped = true
  }

  #arm(afterMs: number, words: string): void {
    if (this.#stopped || this.#exchange.status !== undefined) return
    this.#timer = setTimeout(() => {
      const { applied, subject } = this.#exchange
      this.#onTimeout(new ConnectorError({ code: 'timeout', applied, message: `${subject}: ${words}.` }))
    }, afterMs)
  }
}
