const mostBytes = 16 * 1024 * 1024

/** An answer as text; of one that is larger than any that is expected, only the beginning. */
export async function wholeText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    chunks.push(chunk)
    if (size > mostBytes) break
  }
  return Buffer.concat(chunks).toString()
}
