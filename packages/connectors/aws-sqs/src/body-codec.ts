import { invalidInput } from '@casare/core'
import type { Decode } from './message.ts'

/** The attribute that says what a body is, where it is no plain text. */
export const kindAttribute = 'casare.body'

/** A body as SQS takes it: text, never empty. */
export interface EncodedBody {
  readonly text: string
  readonly kind: 'json' | 'base64' | undefined
}

/** What a body may be made of (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html). */
const allowed = /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]+$/u

/** What JSON leaves as it is, and not every reader of SQS takes: everything beyond the basic plane, and its two non-characters. */
const escaped = /[\uD800-\uDFFF\uFFFE\uFFFF]/g
const toEscape = (one: string): string => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`

/**
 * A text as it is, bytes as base64, anything else as JSON, and so a text that SQS would refuse.
 * @throws `invalid_input` for what JSON has no word for, and for texts with half a character.
 */
export function encodeBody(body: unknown): EncodedBody {
  if (typeof body === 'string') {
    if (!body.isWellFormed()) throw invalidInput('body: the text has half of a surrogate pair; send it as bytes.')
    if (allowed.test(body)) return { text: body, kind: undefined }
  }
  if (body instanceof Uint8Array)
    // SQS takes no empty body; padding alone decodes to nothing.
    return body.length === 0
      ? { text: '=', kind: 'base64' }
      : { text: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64'), kind: 'base64' }
  let text: string | undefined
  try {
    text = JSON.stringify(body)
  } catch (error) {
    throw invalidInput(`body: it cannot become JSON: ${(error as Error).message}.`, error)
  }
  if (text === undefined) throw invalidInput('body: it is missing, or of a kind that JSON has no word for.')
  return { text: text.replace(escaped, toEscape), kind: 'json' }
}

/**
 * The body as it is asked for; `auto` goes by our attribute and gives texts of others as they are.
 * @throws `invalid_input` where it is not what it says it is.
 */
export function decodeBody(text: string, how: Decode, kind: string | undefined): unknown {
  if (how === 'json' || (how === 'auto' && kind === 'json')) return parsed(text)
  if (kind === 'base64' && how !== 'text') return Buffer.from(text, 'base64')
  return how === 'bytes' ? Buffer.from(text) : text
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalidInput(`The body is no JSON: ${(error as Error).message}`, error)
  }
}
