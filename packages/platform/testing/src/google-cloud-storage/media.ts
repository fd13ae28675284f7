import { ApiError } from './api-error.ts'
import { headerOf, type Call, type Reply } from './call.ts'
import type { Generation } from './store.ts'

/** The bytes of an object, or the range asked for, with the headers of a download. */
export function mediaReply(call: Call, object: Generation): Reply {
  const { attributes, sums, size, chunks } = object
  const headers: Record<string, string> = {
    'content-type': attributes.contentType ?? 'application/octet-stream',
    'accept-ranges': 'bytes',
    'x-goog-generation': object.generation,
    'x-goog-metageneration': String(object.metageneration),
    'x-goog-hash': `crc32c=${sums.crc32c}${sums.md5Hash === undefined ? '' : `,md5=${sums.md5Hash}`}`,
    'x-goog-storage-class': attributes.storageClass ?? 'STANDARD',
    'x-goog-stored-content-encoding': attributes.contentEncoding ?? 'identity',
    'x-goog-stored-content-length': String(size),
    'last-modified': new Date(object.updated).toUTCString(),
  }
  const optional = {
    'content-encoding': attributes.contentEncoding,
    'content-language': attributes.contentLanguage,
    'content-disposition': call.query.get('response-content-disposition') ?? attributes.contentDisposition,
    'cache-control': attributes.cacheControl,
  }
  for (const [name, value] of Object.entries(optional)) if (value !== undefined) headers[name] = value
  for (const [name, value] of Object.entries(attributes.metadata ?? {})) headers[`x-goog-meta-${name}`] = value
  const range = rangeOf(headerOf(call, 'range'), size)
  if (range === undefined) return { status: 200, headers: { ...headers, 'content-length': String(size) }, chunks }
  const { from, to } = range
  const part = { 'content-range': `bytes ${from}-${to - 1}/${size}`, 'content-length': String(to - from) }
  return { status: 206, headers: { ...headers, ...part }, chunks: cut(chunks, from, to) }
}

/** @throws ApiError 416 for a range that begins behind the end */
function rangeOf(header: string | undefined, size: number): { from: number; to: number } | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return undefined
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const to = first === '' || last === '' ? size : Math.min(size, Number(last) + 1)
  if (from >= size || to <= from)
    throw new ApiError(416, 'requestedRangeNotSatisfiable', 'The requested range cannot be satisfied.')
  return { from, to }
}

function cut(chunks: readonly Uint8Array[], from: number, to: number): Uint8Array[] {
  const found: Uint8Array[] = []
  let at = 0
  for (const chunk of chunks) {
    const end = at + chunk.byteLength
    if (end > from && at < to) found.push(chunk.subarray(Math.max(0, from - at), Math.min(chunk.byteLength, to - at)))
    at = end
  }
  return found
}
