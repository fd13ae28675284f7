import { messageLength } from './message-length.ts'

/** Follows the messages that arrive, so that none is kept in memory that is larger than it may be. */
export class FrameWatch {
  readonly #maxBytes: number
  #header = Buffer.alloc(0)
  #left = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** @throws where a message is too large, or none at all. */
  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at)
        this.#left -= taken
        at += taken
        continue
      }
      this.#header = Buffer.concat([this.#header, chunk.subarray(at, at + 1)])
      at += 1
      const length = messageLength(this.#header)
      if (length === undefined) continue
      if (length > this.#maxBytes) throw new TooLarge(`a message of ${length} bytes`)
      this.#left = length - this.#header.length
      this.#header = Buffer.alloc(0)
    }
  }
}

/** More than the connection's limits allow. */
export class TooLarge extends Error {}
