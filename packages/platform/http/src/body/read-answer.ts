import type { Dispatcher } from 'undici'
import type { Exchange } from '../exchange.ts'
import { toExchangeError, unusableAnswer } from '../errors/exchange-error.ts'
import type { BodyKinds, HttpHeaders } from '../http-types.ts'
import { codingsOf, decompress } from './decompress.ts'
import { decodeText, parseJson } from './parse-json.ts'
import { ResponseStream, tooLarge } from './response-stream.ts'

type Answer = Pick<Dispatcher.ResponseData, 'headers' | 'body'>

/**
 * The body of an answer in the form wanted; large ones are cut before they fill the memory.
 * @throws `internal` for an answer over `maxBytes`, in an unknown coding, or not the JSON that was expected; what
 * `toExchangeError` says for a broken connection.
 */
export async function readAnswer<Kind extends keyof BodyKinds>(
  answer: Answer,
  kind: Kind,
  maxBytes: number | undefined,
  maxBufferedBytes: number,
  exchange: Exchange,
  signal: AbortSignal,
): Promise<BodyKinds[Kind]>
export async function readAnswer(
  { headers, body }: Answer,
  kind: keyof BodyKinds,
  maxBytes: number | undefined,
  maxBufferedBytes: number,
  exchange: Exchange,
  signal: AbortSignal,
): Promise<unknown> {
  if (kind === 'none') {
    await drop(body)
    return undefined
  }
  const codings = codingsOf(headers['content-encoding'])
  if (codings === undefined) {
    body.on('error', ignore).destroy()
    throw unusableAnswer(exchange, `the answer is compressed in a way we do not know ("${shortHeader(headers)}").`)
  }
  if (kind === 'stream') return new ResponseStream(body, codings, maxBytes, exchange, signal)
  const limit = maxBytes ?? maxBufferedBytes
  try {
    if (codings.length === 0 && kind !== 'bytes' && isUtf8(headers) && fitsFor(headers, limit)) {
      const text = await body.text()
      return kind === 'json' ? parseJson(text, headers, exchange) : text
    }
    const bytes = await readWhole(body, headers, limit, exchange)
    const plain = codings.length === 0 ? bytes : await decompress(bytes, codings, limit)
    if (kind === 'bytes') return plain
    const text = decodeText(plain, headers)
    return kind === 'json' ? parseJson(text, headers, exchange) : text
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(exchange, limit, error)
    throw toExchangeError(error, exchange, signal)
  }
}

function ignore(): void {}

/** How much of an unwanted body is read to keep its connection; what is longer costs more than a new one. */
const maxDroppedBytes = 131_072

/** Lets go of a body nobody wants; never fails. */
export async function drop(body: Answer['body']): Promise<void> {
  await body.dump({ limit: maxDroppedBytes }).catch(ignore)
}

/** The length that the answer announces; the parser holds it to that. */
function announced(headers: HttpHeaders): number | undefined {
  const length = headers['content-length']
  return typeof length === 'string' ? Number(length) : undefined
}

function fitsFor(headers: HttpHeaders, limit: number): boolean {
  const length = announced(headers)
  return length !== undefined && length <= limit
}

function isUtf8(headers: HttpHeaders): boolean {
  const type = headers['content-type']
  return typeof type !== 'string' || !type.includes('charset') || /charset="?utf-?8/i.test(type)
}

function shortHeader(headers: HttpHeaders): string {
  return String(headers['content-encoding']).slice(0, 40)
}

/** @throws `internal` as soon as it is known to be longer than `limit`. */
function readWhole(body: Answer['body'], headers: HttpHeaders, limit: number, exchange: Exchange): Promise<Buffer> {
  const length = announced(headers)
  if (length !== undefined && length > limit) {
    body.on('error', ignore).destroy()
    return Promise.reject(tooLarge(exchange, limit))
  }
  return collect(body, limit, () => tooLarge(exchange, limit))
}

function collect(body: Answer['body'], limit: number, overLimit: () => Error): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    body.on('data', (chunk: Buffer) => {
      length += chunk.byteLength
      if (length <= limit) chunks.push(chunk)
      else body.destroy(overLimit())
    })
    body.on('end', () => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)))
    body.on('error', reject)
  })
}

/**
 * The beginning of an error answer, decompressed where it can be; empty where there is none or it breaks off.
 * @param maxBytes more is not read.
 */
export async function readBeginning({ headers, body }: Answer, maxBytes: number): Promise<string> {
  const codings = codingsOf(headers['content-encoding'])
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk as Buffer)
      length += (chunk as Buffer).byteLength
      if (length >= maxBytes) break
    }
    const bytes = Buffer.concat(chunks)
    if (codings === undefined) return ''
    const plain = codings.length === 0 ? bytes : await decompress(bytes, codings, maxBytes * 16)
    return decodeText(plain.subarray(0, maxBytes), headers)
  } catch {
    return ''
  }
}
