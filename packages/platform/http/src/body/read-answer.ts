import type { Answer, BodyPlan } from '../exchange-handler.ts'
import type { Exchange } from '../exchange.ts'
import { toExchangeError, unusableAnswer } from '../errors/exchange-error.ts'
import type { BodyKinds, HttpHeaders } from '../http-types.ts'
import { codingsOf, decompress } from './decompress.ts'
import { decodeText, parseJson } from './parse-json.ts'
import { ResponseStream, tooLarge } from './response-stream.ts'

/** How much of an unwanted body is read to keep its connection; what is longer costs more than a new one. */
const maxDroppedBytes = 131_072

/** What the body of a proper answer needs. */
export function planFor(kind: keyof BodyKinds, maxBytes: number): BodyPlan {
  if (kind === 'stream') return streaming
  return kind === 'none' ? dropping : { mode: 'whole', maxBytes }
}

const streaming: BodyPlan = { mode: 'stream' }

/** What the body of a redirect needs. */
export const dropping: BodyPlan = { mode: 'beginning', maxBytes: maxDroppedBytes }

/**
 * The body of an answer in the form wanted.
 * @param maxBytes of the decompressed body; for a stream `undefined` is no limit.
 * @throws `internal` for an answer over `maxBytes`, in an unknown coding, or not the JSON that was expected.
 */
export function readAnswer<Kind extends keyof BodyKinds>(
  answer: Answer,
  kind: Kind,
  maxBytes: number | undefined,
  exchange: Exchange,
  signal: AbortSignal,
): BodyKinds[Kind] | Promise<BodyKinds[Kind]>
export function readAnswer(
  { headers, bytes, stream }: Answer,
  kind: keyof BodyKinds,
  maxBytes: number | undefined,
  exchange: Exchange,
  signal: AbortSignal,
): unknown {
  if (kind === 'none') return undefined
  const codings = codingsOf(headers['content-encoding'])
  if (codings === undefined) {
    stream?.destroy()
    const coding = String(headers['content-encoding']).slice(0, 40)
    throw unusableAnswer(exchange, `the answer is compressed in a way we do not know ("${coding}").`)
  }
  if (stream !== undefined) return new ResponseStream(stream, codings, maxBytes, exchange, signal)
  if (codings.length === 0) return inForm(bytes, kind, headers, exchange)
  return plainOf(bytes, codings, maxBytes ?? bytes.byteLength, exchange, signal).then((plain) =>
    inForm(plain, kind, headers, exchange),
  )
}

function inForm(bytes: Buffer, kind: keyof BodyKinds, headers: HttpHeaders, exchange: Exchange): unknown {
  if (kind === 'bytes') return bytes
  const text = decodeText(bytes, headers)
  return kind === 'json' ? parseJson(text, headers, exchange) : text
}

async function plainOf(
  bytes: Buffer,
  codings: readonly string[],
  maxBytes: number,
  exchange: Exchange,
  signal: AbortSignal,
): Promise<Buffer> {
  try {
    return await decompress(bytes, codings, maxBytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(exchange, maxBytes, error)
    throw toExchangeError(error, exchange, signal)
  }
}

/** The beginning of an error answer as text, decompressed where it can be; empty where it cannot. */
export async function beginningOf({ headers, bytes }: Answer, maxBytes: number): Promise<string> {
  const codings = codingsOf(headers['content-encoding'])
  if (codings === undefined) return ''
  const plain = await decompress(bytes, codings, maxBytes * 16).catch(() => Buffer.alloc(0))
  return decodeText(plain.subarray(0, maxBytes), headers)
}
