const maxBytes = 67_108_864

/** All of standard input as text. @throws {Error} beyond 64 MiB. */
export async function readText(stdin: AsyncIterable<Uint8Array | string>): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of stdin) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    length += bytes.byteLength
    if (length > maxBytes) throw new Error(`Standard input holds more than ${maxBytes} bytes.`)
    chunks.push(bytes)
  }
  return Buffer.concat(chunks, length).toString('utf8')
}

/** Standard input line by line; at most 64 MiB a line. */
export async function* readLines(stdin: AsyncIterable<Uint8Array | string>): AsyncIterable<string> {
  const decoder = new TextDecoder()
  let kept = ''
  for await (const chunk of stdin) {
    kept += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    const lines = kept.split('\n')
    kept = lines.pop() ?? ''
    if (kept.length > maxBytes) throw new Error(`A line of standard input has more than ${maxBytes} characters.`)
    yield* lines
  }
  if (kept !== '') yield kept
}
