import { createHash } from 'node:crypto'
import { ApiError, invalid } from './api-error.ts'
import { Crc32c } from './crc32c.ts'

/** How much may be held, for all objects and uploads together. */
export class Budget {
  readonly #maxBytes: number
  #held = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** @throws ApiError 413 where it would be too much */
  take(bytes: number): void {
    if (this.#held + bytes > this.#maxBytes)
      throw new ApiError(413, 'uploadTooLarge', `The simulator holds at most ${this.#maxBytes} bytes: raise maxBytes.`)
    this.#held += bytes
  }

  give(bytes: number): void {
    this.#held -= bytes
  }

  get held(): number {
    return this.#held
  }
}

/** Sums over bytes, in base64. */
export interface Sums {
  readonly md5Hash?: string | undefined
  readonly crc32c: string
}

/** Bytes that arrive, with their sums; held in the chunks in which they came. */
export class ArrivingBytes {
  readonly chunks: Uint8Array[] = []
  size = 0
  readonly #budget: Budget
  readonly #md5 = createHash('md5')
  readonly #crc32c = new Crc32c()

  constructor(budget: Budget) {
    this.#budget = budget
  }

  add(chunk: Uint8Array): void {
    this.#budget.take(chunk.byteLength)
    this.chunks.push(chunk)
    this.size += chunk.byteLength
    this.#md5.update(chunk)
    this.#crc32c.update(chunk)
  }

  sums(): Sums {
    return { md5Hash: this.#md5.copy().digest('base64'), crc32c: this.#crc32c.digest() }
  }

  drop(): void {
    this.#budget.give(this.size)
  }
}

/** @throws ApiError 400 where a sum that was given is not the one of the bytes */
export function checkSums(sums: Sums, given: { readonly md5Hash?: unknown; readonly crc32c?: unknown }): void {
  for (const [name, title] of [
    ['crc32c', 'CRC32C'],
    ['md5Hash', 'MD5 hash'],
  ] as const) {
    const said = given[name]
    if (said !== undefined && said !== sums[name])
      throw invalid(`Provided ${title} ${JSON.stringify(said)} doesn't match calculated ${title} "${sums[name]}".`)
  }
}

/** The header `X-Goog-Hash: crc32c=…,md5=…`. */
export function sumsInHeader(header = ''): { crc32c?: string; md5Hash?: string } {
  const found: { crc32c?: string; md5Hash?: string } = {}
  for (const part of header.split(',')) {
    const [, name, value] = /^\s*(crc32c|md5)=(\S+)\s*$/.exec(part) ?? []
    if (value !== undefined) found[name === 'md5' ? 'md5Hash' : 'crc32c'] = value
  }
  return found
}
