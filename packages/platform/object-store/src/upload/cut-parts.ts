/** Bytes of a stream that belong together. */
export interface CutPart {
  readonly bytes: Uint8Array
  /** The stream ended with this part. */
  readonly last: boolean
}

/**
 * Cuts a stream into parts of exactly `size` bytes; the last one may be shorter, and is empty only where the whole is.
 * One part is held, and the chunk behind it.
 */
export async function* cutParts(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<CutPart, void> {
  let part = Buffer.allocUnsafeSlow(size)
  let filled = 0
  for await (const chunk of source) {
    let taken = 0
    while (taken < chunk.byteLength) {
      // A full part is handed out when there is more: only then is it known not to be the last.
      if (filled === size) {
        yield { bytes: part, last: false }
        part = Buffer.allocUnsafeSlow(size)
        filled = 0
      }
      const count = Math.min(size - filled, chunk.byteLength - taken)
      part.set(chunk.subarray(taken, taken + count), filled)
      filled += count
      taken += count
    }
  }
  yield { bytes: part.subarray(0, filled), last: true }
}
