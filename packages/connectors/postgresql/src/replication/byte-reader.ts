/** Reads the numbers and texts of a message one after the other. */
export class ByteReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#move(1))
  }

  int16(): number {
    return this.#bytes.readUInt16BE(this.#move(2))
  }

  int32(): number {
    return this.#bytes.readUInt32BE(this.#move(4))
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#move(8))
  }

  /** A text that ends with a zero. */
  text(): string {
    const end = this.#bytes.indexOf(0, this.#at)
    const from = this.#at
    this.#at = end + 1
    return this.#bytes.toString('utf8', from, end)
  }

  /** A text with its length before it. */
  sized(): string {
    const length = this.int32()
    const from = this.#move(length)
    return this.#bytes.toString('utf8', from, from + length)
  }

  skip(count: number): void {
    this.#at += count
  }

  #move(count: number): number {
    const from = this.#at
    this.#at += count
    return from
  }
}
