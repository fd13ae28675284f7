import { setTimeout as sleep } from 'node:timers/promises'

/** Lets bytes through at a rate, shared by all that pass here. */
export class Throttle {
  readonly #bytesPerSecond: number | undefined
  #free = 0

  /** @param bytesPerSecond 1 or more; `undefined` for no limit */
  constructor(bytesPerSecond: number | undefined) {
    this.#bytesPerSecond = bytesPerSecond
  }

  /** The same stream, no faster than allowed; tells of each chunk. */
  async *pass(
    source: AsyncIterable<Uint8Array>,
    told: (chunk: Uint8Array) => void,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    for await (const chunk of source) {
      const rate = this.#bytesPerSecond
      if (rate !== undefined) {
        const now = performance.now()
        this.#free = Math.max(this.#free, now) + (chunk.byteLength / rate) * 1_000
        const wait = this.#free - now
        if (wait > 1) await sleep(wait, undefined, { signal })
      }
      told(chunk)
      yield chunk
    }
  }
}
