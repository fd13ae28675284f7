import { isPlainObject } from '../values/kinds.ts'
import { Secret } from '../secrets/secret.ts'
import type { SecretHandles } from '../runtime/secret-handles.ts'

const maxInlineBytes = 1_048_576
const maxDepth = 100

/** How outputs become JSON. */
export interface EncodeOptions {
  readonly handles: SecretHandles
  readonly revealSecrets: boolean
  /** Folder for bytes over 1 MiB. Default: `casare` in the system's temporary folder. */
  readonly spool: string | undefined
}

/**
 * An output as plain JSON data. What JSON has no word for is tagged: bytes and streams `{ $bytes: base64 }`, over 1 MiB
 * `{ file, sha256, bytes }`; 64-bit integers `{ $bigint: "…" }`; numbers that are not finite `{ $number: "NaN" }`; secrets
 * `{ $secret: handle }`. Times become ISO strings. Where nothing needs a tag, the value itself is returned: rows are not copied.
 */
export async function encode(value: unknown, options: EncodeOptions): Promise<unknown> {
  return isPlainJson(value, 0) ? value : encodeValue(value, options, 0)
}

/** Is it JSON data already, as it stands? */
function isPlainJson(value: unknown, depth: number): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || depth > maxDepth) return false
  if (Array.isArray(value)) return value.every((item) => isPlainJson(item, depth + 1))
  if (!isPlainObject(value)) return false
  for (const key in value) if (!isPlainJson(value[key], depth + 1)) return false
  return true
}

async function encodeValue(value: unknown, options: EncodeOptions, depth: number): Promise<unknown> {
  if (typeof value === 'bigint') return { $bigint: value.toString() }
  if (typeof value === 'number' && !Number.isFinite(value)) return { $number: String(value) }
  if (typeof value !== 'object' || value === null)
    return typeof value === 'function' || typeof value === 'symbol' ? undefined : value
  if (depth > maxDepth) return '[too deep]'
  if (Secret.is(value)) return options.revealSecrets ? value.reveal() : { $secret: options.handles.put(value) }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (value instanceof URL) return value.href
  if (value instanceof Uint8Array)
    return value.byteLength <= maxInlineBytes ? inline(value) : spool(singleChunk(value), options.spool)
  if (value instanceof Blob) return bytesOf(value.stream(), options)
  if (Array.isArray(value)) return Promise.all(value.map((item) => encodeValue(item, options, depth + 1)))
  if (Symbol.asyncIterator in value) return bytesOf(value as AsyncIterable<Uint8Array>, options)
  if (value instanceof Map) return encodeValue(Object.fromEntries(value), options, depth)
  if (value instanceof Set) return encodeValue([...value], options, depth)
  return encodeObject(value as Record<string, unknown>, options, depth)
}

async function encodeObject(value: Record<string, unknown>, options: EncodeOptions, depth: number): Promise<unknown> {
  const result: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue
    const encoded = await encodeValue(item, options, depth + 1)
    // A record of somebody's data may carry this key: define it, never assign it.
    if (key === '__proto__')
      Object.defineProperty(result, key, { value: encoded, enumerable: true, configurable: true, writable: true })
    else result[key] = encoded
  }
  return result
}

function inline(bytes: Uint8Array): unknown {
  return { $bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') }
}

async function* singleChunk(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

/** Short streams inline, long ones into a file; at most 1 MiB is held in memory. */
async function bytesOf(stream: AsyncIterable<Uint8Array>, options: EncodeOptions): Promise<unknown> {
  const iterator = stream[Symbol.asyncIterator]()
  const head: Uint8Array[] = []
  let length = 0
  for (;;) {
    const next = await iterator.next()
    if (next.done === true) return inline(Buffer.concat(head, length))
    head.push(next.value)
    length += next.value.byteLength
    if (length > maxInlineBytes) return spool(resume(head, iterator), options.spool)
  }
}

async function* resume(head: readonly Uint8Array[], iterator: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* head
    for (;;) {
      const next = await iterator.next()
      if (next.done === true) return
      yield next.value
    }
  } finally {
    await iterator.return?.()
  }
}

/** The part that touches files is loaded when it is needed: most processes never do. */
async function spool(stream: AsyncIterable<Uint8Array>, folder: string | undefined): Promise<unknown> {
  const { spoolToFile } = await import('./spool-to-file.ts')
  return spoolToFile(stream, folder)
}
