import { isUtf8 } from 'node:buffer'
import { invalidInput } from '@casare/core'
import type { Decode } from './record.ts'

/** A body as it goes over the wire; a text goes as UTF-8. */
export interface EncodedBody {
  readonly content: Buffer | string
  readonly contentType: string
}

/**
 * Bytes as they are, a text as UTF-8, anything else as JSON.
 * @throws `invalid_input` for what JSON has no word for, and for texts with half a character.
 */
export function encodeBody(body: unknown): EncodedBody {
  if (typeof body === 'string') {
    if (!body.isWellFormed()) throw invalidInput('body: the text has half of a surrogate pair; send it as bytes.')
    return { content: body, contentType: 'text/plain' }
  }
  if (body instanceof Uint8Array)
    return {
      content: Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength),
      contentType: 'application/octet-stream',
    }
  let text: string | undefined
  try {
    text = JSON.stringify(body)
  } catch (error) {
    throw invalidInput(`body: it cannot become JSON: ${(error as Error).message}.`, error)
  }
  if (text === undefined) throw invalidInput('body: it is missing, or of a kind that JSON has no word for.')
  return { content: text, contentType: 'application/json' }
}

const jsonType = /^application\/(?:json|[\w.+-]+\+json)\b/i
const textType = /^text\//i

/** Makes of the content what it is. @throws `invalid_input` where it is not what it says it is. */
export type Decoder = (content: Buffer) => unknown

/** How content of this type is read, as it is asked for. */
export function decoderFor(how: Decode, contentType: string | undefined): Decoder {
  if (how === 'json') return parsed
  if (how === 'text') return text
  if (how === 'bytes' || contentType === undefined) return asItIs
  if (jsonType.test(contentType)) return parsed
  return textType.test(contentType) ? text : asItIs
}

/** A text where the bytes are UTF-8. */
export function textOrBytes(content: Buffer): string | Buffer {
  const found = content.toString('utf8')
  // Decoding puts this character where bytes are none of UTF-8; a text may have it, too.
  return found.includes('\ufffd') && !isUtf8(content) ? content : found
}

function asItIs(content: Buffer): Buffer {
  return content
}

function text(content: Buffer): string {
  const found = textOrBytes(content)
  if (typeof found !== 'string') throw invalidInput('The body is no text in UTF-8.')
  return found
}

function parsed(content: Buffer): unknown {
  try {
    return JSON.parse(text(content))
  } catch (error) {
    throw invalidInput(`The body is no JSON: ${(error as Error).message}`, error)
  }
}
