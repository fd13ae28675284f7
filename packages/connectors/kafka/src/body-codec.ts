import { isUtf8 } from 'node:buffer'
import { invalidInput } from '@casare/core'
import type { Decode } from './record.ts'

/** A body as it goes over the wire. */
export interface EncodedBody {
  readonly content: Buffer
  readonly contentType: string
}

/**
 * Bytes as they are, a text as UTF-8, anything else as JSON.
 * @throws `invalid_input` for what JSON has no word for, and for texts with half a character.
 */
export function encodeBody(body: unknown): EncodedBody {
  if (typeof body === 'string') {
    if (!body.isWellFormed()) throw invalidInput('body: the text has half of a surrogate pair; send it as bytes.')
    return { content: Buffer.from(body), contentType: 'text/plain' }
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
  return { content: Buffer.from(text), contentType: 'application/json' }
}

const jsonType = /^application\/(?:json|[\w.+-]+\+json)\b/i
const textType = /^text\//i

/**
 * The content as it is asked for.
 * @throws `invalid_input` where it is not what it says it is.
 */
export function decodeBody(content: Buffer, how: Decode, contentType?: string, contentEncoding?: string): unknown {
  if (how === 'bytes') return content
  if (how === 'auto') {
    if (contentEncoding !== undefined && contentEncoding !== '' && !/^(utf-?8|identity)$/i.test(contentEncoding))
      return content
    if (contentType === undefined) return content
    if (jsonType.test(contentType)) return parsed(content)
    return textType.test(contentType) ? text(content) : content
  }
  return how === 'json' ? parsed(content) : text(content)
}

function text(content: Buffer): string {
  if (!isUtf8(content)) throw invalidInput('The body is no text in UTF-8.')
  return content.toString('utf8')
}

function parsed(content: Buffer): unknown {
  try {
    return JSON.parse(text(content))
  } catch (error) {
    throw invalidInput(`The body is no JSON: ${(error as Error).message}`, error)
  }
}
