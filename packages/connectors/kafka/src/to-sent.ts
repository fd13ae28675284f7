import { invalidInput } from '@casare/core'
import { encodeBody } from './body-codec.ts'
import type { SentRecord } from './driver/driver.ts'
import type { OutgoingRecord } from './record.ts'

/** The header that says what a value is. */
export const contentType = 'content-type'

/**
 * A record as it is written. Its content type goes into a header, so that it is read as it was written.
 * @throws `invalid_input` for a value that cannot be encoded, and for texts with half a character.
 */
export function toSent({ value, key, headers, timestamp }: OutgoingRecord): SentRecord {
  const encoded = value === null ? undefined : encodeBody(value)
  return {
    key: key === undefined || key === null ? null : bytesOf(key, 'key'),
    value: encoded?.content ?? null,
    headers: headersOf(headers, encoded?.contentType),
    timestamp: timestamp === undefined ? undefined : String(Date.parse(timestamp)),
  }
}

function headersOf(given: OutgoingRecord['headers'], type: string | undefined): Record<string, Buffer | string> {
  const headers: Record<string, Buffer | string> = type === undefined ? {} : { [contentType]: type }
  for (const name in given) headers[name] = bytesOf(given[name] as string | Uint8Array, `headers.${name}`)
  return headers
}

function bytesOf(part: string | Uint8Array, what: string): Buffer {
  if (typeof part !== 'string') return Buffer.from(part.buffer, part.byteOffset, part.byteLength)
  if (!part.isWellFormed()) throw invalidInput(`${what}: the text has half of a surrogate pair; give it as bytes.`)
  return Buffer.from(part)
}
