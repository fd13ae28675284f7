import { invalidInput } from '@casare/core'
import type { Format, OutgoingMessage } from './message.ts'

/** The largest message, in bytes (https://learn.microsoft.com/azure/storage/queues/scalability-targets). */
export const maxMessageBytes = 65_536

/** What XML 1.0 has characters for (https://www.w3.org/TR/xml/#charsets); a lone carriage return would come back as another. */
const allowed = /^[\t\n\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u

/**
 * The text of a message.
 * @throws `invalid_input` for what the format has no words for, and for more than 64 KiB.
 */
export function encodeMessage({ body, attributes }: OutgoingMessage, format: Format): string {
  if (attributes !== undefined && format !== 'envelope')
    throw invalidInput('attributes: only messages of the format "envelope" carry them.')
  const text = encoders[format](body, attributes)
  const bytes = Buffer.byteLength(text)
  if (bytes > maxMessageBytes)
    throw invalidInput(`The message has ${bytes} bytes as ${format}; Azure takes at most ${maxMessageBytes}.`)
  return text
}

const encoders: Readonly<Record<Format, (body: unknown, attributes: OutgoingMessage['attributes']) => string>> = {
  text(body) {
    if (typeof body !== 'string' || !allowed.test(body))
      throw invalidInput('body: it is no text that XML has characters for; choose another format.')
    return body
  },
  json: asciiJson,
  base64(body) {
    const bytes = body instanceof Uint8Array ? body : typeof body === 'string' ? body : asciiJson(body)
    return Buffer.from(bytes as string).toString('base64')
  },
  envelope(body, attributes) {
    const content =
      body instanceof Uint8Array ? { base64: Buffer.from(body).toString('base64') } : { body: mustBeJson(body) }
    return asciiJson({ casare: 1, ...content, ...(attributes === undefined ? {} : { attributes }) })
  },
}

/** JSON of ASCII alone: nothing in it is lost in XML. */
function asciiJson(value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(mustBeJson(value))
  } catch (error) {
    throw invalidInput(`body: it cannot become JSON: ${(error as Error).message}.`, error)
  }
  return (text ?? '').replace(/[\u007F-\uFFFF]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function mustBeJson(value: unknown): unknown {
  if (value === undefined || typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint')
    throw invalidInput('body: it is missing, or of a kind that JSON has no word for.')
  return value
}

/** What a message's text holds. */
export interface DecodedMessage {
  readonly body: unknown
  readonly attributes: Readonly<Record<string, unknown>>
}

/**
 * Reads the text of a message.
 * @throws `invalid_input` where it is not of the format.
 */
export function decodeMessage(text: string, format: Format): DecodedMessage {
  if (format === 'text') return { body: text, attributes: {} }
  if (format === 'base64') {
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw invalidInput('The message is no base64.')
    return { body: Buffer.from(text, 'base64'), attributes: {} }
  }
  const value = parsed(text)
  if (format === 'json') return { body: value, attributes: {} }
  const { casare, base64, body, attributes = {} } = (value ?? {}) as Record<string, unknown>
  if (casare !== 1 || typeof attributes !== 'object' || attributes === null)
    throw invalidInput('The message is no envelope of this connector.')
  return {
    body: typeof base64 === 'string' ? Buffer.from(base64, 'base64') : body,
    attributes: attributes as Record<string, unknown>,
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalidInput(`The message is no JSON: ${(error as Error).message}`, error)
  }
}
