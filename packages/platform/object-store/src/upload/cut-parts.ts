/** Bytes of a stream that belong together. */
export interface CutPart {
  readonly bytes: Uint8Array
  /** The stream ended with this part. */
  readonly last: boolean
}

const firstBytes = 65_536

/**
 * Cuts a stream into parts of exactly `size` bytes; the last one may be shorter, and is empty only where the whole is.
 * One part is held, and the chunk behind it; no more memory is taken than what the bytes that came need, twice at most.
 */
export async function* cutParts(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<CutPart, void> {
  let part = Buffer.allocUnsafeSlow(Math.min(size, firstBytes))
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
      if (filled + count > part.byteLength) part = grown(part, filled, filled + count, size)
      part.set(chunk.subarray(taken, taken + count), filled)
      filled += count
      taken += count
    }
  }
  yield { bytes: part.subarray(0, filled), last: true }
}

function grown(part: Buffer, filled: number, needed: number, most: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafeSlow(Math.min(most, Math.max(needed, part.byteLength * 2)))
  part.copy(larger, 0, 0, filled)
  return larger
}
