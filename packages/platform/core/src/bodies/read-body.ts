import { invalidInput } from '../errors/connector-error.ts'

/**
 * Collects a stream into memory.
 * @param maxBytes refuses more than this many bytes; there is no default, so that nobody forgets it.
 * @throws `invalid_input` where the stream is longer.
 */
export async function readBytes(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
  what = 'The body',
): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of stream) {
    length += chunk.byteLength
    if (length > maxBytes) throw invalidInput(`${what} is larger than the ${maxBytes} bytes allowed.`)
    chunks.push(chunk)
  }
  return chunks.length === 1 && Buffer.isBuffer(chunks[0]) ? chunks[0] : Buffer.concat(chunks, length)
}
