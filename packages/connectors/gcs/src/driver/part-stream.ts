import type { SizedBytes } from '@casare/object-store'
import { ConnectorError } from '@casare/core'
import { Crc32c } from '../checksum/crc32c.ts'

/** A part on its way: what is there already is left out, what is to wait is kept, and all of it is summed up. */
export class PartStream {
  readonly #body: SizedBytes
  readonly #from: number
  readonly #until: number
  #hash = new Crc32c()
  #kept: Uint8Array[] = []

  /** @param from and @param until bytes of the part; what is before is there, what is behind is kept */
  constructor(body: SizedBytes, from: number, until: number) {
    this.#body = body
    this.#from = from
    this.#until = until
  }

  /** The bytes to send; begins again for every attempt. */
  async *open(): AsyncIterable<Uint8Array> {
    this.#hash = new Crc32c()
    this.#kept = []
    for await (const chunk of this.#body.open()) {
      const start = this.#hash.length
      this.#hash.update(chunk)
      const fresh = chunk.subarray(Math.max(0, this.#from - start))
      const border = Math.max(0, this.#until - Math.max(start, this.#from))
      const [now, later] = [fresh.subarray(0, border), fresh.subarray(border)]
      // The chunk may be used again by whoever gave it.
      if (later.byteLength > 0) this.#kept.push(Uint8Array.from(later))
      if (now.byteLength > 0) yield now
    }
  }

  /** Reads all, where nothing of it is to be sent. */
  async pass(): Promise<void> {
    for await (const _sent of this.open());
  }

  /** The bytes that wait. */
  rest(): Uint8Array {
    return Buffer.concat(this.#kept)
  }

  /** Over all of the part. @throws `conflict` where it had another length than was told */
  sum(): string {
    if (this.#hash.length === this.#body.length) return this.#hash.digest()
    throw new ConnectorError({
      code: 'conflict',
      message: `The part was said to have ${this.#body.length} bytes and has ${this.#hash.length}: the source was changed, or cut short.`,
    })
  }
}
