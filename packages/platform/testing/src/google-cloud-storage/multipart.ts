import { invalid } from './api-error.ts'

/** One part of a body of several. */
export interface BodyPart {
  readonly headers: ReadonlyMap<string, string>
  readonly bytes: Buffer
}

/**
 * The two parts of `multipart/related`: the resource and the bytes (RFC 2387). Nothing is copied.
 * @throws ApiError 400 for anything else
 */
export function relatedParts(contentType: string, body: Buffer): readonly [BodyPart, BodyPart] {
  const [, quoted, plain] = /^multipart\/related;.*\bboundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType) ?? []
  const boundary = quoted ?? plain
  if (boundary === undefined) throw invalid('Missing multipart boundary in the Content-Type.')
  const delimiter = Buffer.from(`--${boundary}`)
  const parts: BodyPart[] = []
  let at = body.indexOf(delimiter)
  while (at !== -1) {
    const begin = at + delimiter.byteLength
    if (body.subarray(begin, begin + 2).toString() === '--') break
    const end = body.indexOf(Buffer.concat([Buffer.from('\r\n'), delimiter]), begin)
    if (end === -1) throw invalid('Malformed multipart body: it does not end.')
    parts.push(partIn(body.subarray(begin + 2, end)))
    at = end + 2
  }
  const [resource, media] = parts
  if (resource === undefined || media === undefined || parts.length !== 2)
    throw invalid(`Malformed multipart body: ${parts.length} parts instead of 2.`)
  return [resource, media]
}

function partIn(bytes: Buffer): BodyPart {
  const empty = bytes.subarray(0, 2).toString() === '\r\n'
  const blank = empty ? 0 : bytes.indexOf('\r\n\r\n')
  if (blank === -1) throw invalid('Malformed multipart body: a part has no end of its headers.')
  const headers = new Map<string, string>()
  for (const line of bytes.subarray(0, blank).toString().split('\r\n')) {
    const [, name, value] = /^([^:]+):\s*(.*)$/.exec(line) ?? []
    if (name !== undefined) headers.set(name.toLowerCase(), value ?? '')
  }
  return { headers, bytes: bytes.subarray(blank + (empty ? 2 : 4)) }
}
