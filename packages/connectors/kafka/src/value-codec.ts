import { isUtf8 } from 'node:buffer'
import { invalidInput } from '@casare/core'
import { decodeBody, encodeBody } from './body-codec.ts'
import type { ArrivedRecord, SentRecord } from './driver/driver.ts'
import type { Decode, KafkaRecord, OutgoingRecord } from './record.ts'

const contentType = 'content-type'

/**
 * A record as it is written. Its content type goes into a header, so that it is read as it was written.
 * @throws `invalid_input` for a value that cannot be encoded, and for texts with half a character.
 */
export function toSent({ value, key, headers, timestamp }: OutgoingRecord): SentRecord {
  const encoded = value === null ? undefined : encodeBody(value)
  const sent: Record<string, Buffer> = {}
  for (const [name, text] of Object.entries(headers ?? {})) sent[name] = bytesOf(text, `headers.${name}`)
  if (encoded !== undefined && sent[contentType] === undefined) sent[contentType] = Buffer.from(encoded.contentType)
  return {
    key: key === undefined || key === null ? null : bytesOf(key, 'key'),
    value: encoded?.content ?? null,
    headers: sent,
    timestamp: timestamp === undefined ? undefined : String(Date.parse(timestamp)),
  }
}

function bytesOf(part: string | Uint8Array, what: string): Buffer {
  if (typeof part !== 'string') return Buffer.from(part.buffer, part.byteOffset, part.byteLength)
  if (!part.isWellFormed()) throw invalidInput(`${what}: the text has half of a surrogate pair; give it as bytes.`)
  return Buffer.from(part)
}

/**
 * A record as it is handled.
 * @throws `invalid_input` where the value is not what it says it is.
 */
export function toRecord(topic: string, partition: number, arrived: ArrivedRecord, decode: Decode): KafkaRecord {
  const headers: Record<string, unknown> = {}
  for (const name in arrived.headers) {
    const value = readable(arrived.headers[name])
    if (name === '__proto__')
      Object.defineProperty(headers, name, { value, enumerable: true, configurable: true, writable: true })
    else headers[name] = value
  }
  const type = headers[contentType]
  const { value, key, offset, timestamp } = arrived
  return {
    topic,
    partition,
    offset,
    key: key === null ? null : (readable(key) as string | Uint8Array),
    value: value === null ? null : decodeBody(value, decode, typeof type === 'string' ? type : undefined),
    headers,
    timestamp: new Date(Number(timestamp)).toISOString(),
  }
}

function readable(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(readable)
  return Buffer.isBuffer(part) && isUtf8(part) ? part.toString('utf8') : part
}
