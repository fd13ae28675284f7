import {
  brotliDecompress,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
  gunzip,
  inflate,
  inflateRaw,
  zstdDecompress,
  type ZlibOptions,
} from 'node:zlib'
import { Transform, type Duplex } from 'node:stream'
import { promisify } from 'node:util'

/** What we ask for; in the order in which servers should prefer it. */
export const acceptEncoding = 'gzip, deflate, br, zstd'

type Inflate = (bytes: Uint8Array, options: ZlibOptions) => Promise<Buffer>

const whole: Readonly<Record<string, Inflate>> = {
  gzip: promisify<Uint8Array, ZlibOptions, Buffer>(gunzip),
  br: promisify<Uint8Array, ZlibOptions, Buffer>(brotliDecompress as never),
  zstd: promisify<Uint8Array, ZlibOptions, Buffer>(zstdDecompress as never),
  deflate: (bytes, options) =>
    promisify<Uint8Array, ZlibOptions, Buffer>(hasZlibHeader(bytes[0]) ? inflate : inflateRaw)(bytes, options),
}

const streaming: Readonly<Record<string, () => Duplex>> = {
  gzip: createGunzip,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
  deflate: () => new Deflate(),
}

/** Names of the old protocol (RFC 9110, 8.4.1). */
const aliases: Readonly<Record<string, string>> = { 'x-gzip': 'gzip' }
/** More layers than these are nobody's honest answer. */
const maxCodings = 3

/**
 * The codings to undo, last applied first; empty for a plain body, `undefined` for one we do not know.
 * @param contentEncoding the header of the answer.
 */
export function codingsOf(contentEncoding: string | string[] | undefined): readonly string[] | undefined {
  if (contentEncoding === undefined || contentEncoding === '') return noCodings
  const names = String(contentEncoding)
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .map((name) => (Object.hasOwn(aliases, name) ? (aliases[name] ?? name) : name))
    .filter((name) => name !== 'identity' && name !== '')
  if (names.length > maxCodings || names.some((name) => !Object.hasOwn(whole, name))) return undefined
  return names.reverse()
}

const noCodings: readonly string[] = []

/**
 * Undoes the codings in memory.
 * @throws an error with the code `ERR_BUFFER_TOO_LARGE` where a layer has more than `maxBytes`, and zlib's others.
 */
export async function decompress(bytes: Buffer, codings: readonly string[], maxBytes: number): Promise<Buffer> {
  let result = bytes
  for (const name of codings) {
    const undo = whole[name]
    if (undo !== undefined && result.byteLength > 0) result = await undo(result, { maxOutputLength: maxBytes })
  }
  return result
}

/** Streams that undo the codings one after the other. */
export function decompressors(codings: readonly string[]): Duplex[] {
  return codings.flatMap((name) => streaming[name]?.() ?? [])
}

/** "deflate" means zlib (RFC 1950), and some servers send raw deflate (RFC 1951): the first byte tells. */
function hasZlibHeader(first: number | undefined): boolean {
  return first !== undefined && (first & 0x0f) === 8
}

class Deflate extends Transform {
  #inner: Transform | undefined

  override _transform(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#inner ??= this.#open(chunk[0])
    this.#inner.write(chunk, encoding, done)
  }

  override _flush(done: (error?: Error | null) => void): void {
    const inner = this.#inner
    if (inner === undefined) return done()
    inner.once('end', () => done())
    inner.end()
  }

  override _read(size: number): void {
    this.#inner?.resume()
    super._read(size)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#inner?.destroy()
    done(error)
  }

  #open(first: number | undefined): Transform {
    const inner = hasZlibHeader(first) ? createInflate() : createInflateRaw()
    inner.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) inner.pause()
    })
    inner.on('error', (error) => this.destroy(error))
    return inner
  }
}
