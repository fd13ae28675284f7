import type { Exchange } from '../exchange.ts'
import { unusableAnswer } from '../errors/exchange-error.ts'
import type { HttpHeaders } from '../http-types.ts'

const excerptLength = 120

/**
 * Parses an answer that should be JSON; `undefined` for an empty one.
 * @throws `internal` with one sentence that says what came instead, above all for a page of HTML.
 */
export function parseJson(text: string, headers: HttpHeaders, exchange: Exchange): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)
  } catch {
    // The parser's own message would show a part of the body.
    throw unusableAnswer(exchange, notJson(text, headers))
  }
}

function notJson(text: string, headers: HttpHeaders): string {
  const type = headers['content-type']
  const named = typeof type === 'string' ? type.slice(0, 60) : 'no content type'
  if (looksLikeHtml(text, named)) {
    const title = /<title[^>]{0,100}>([^<]{1,100})/i.exec(text.slice(0, 4_096))?.[1]?.trim().replace(/\s+/g, ' ')
    const shown = title === undefined ? '' : ` titled "${title}"`
    return `expected JSON and got an HTML page${shown} (${named}). Look at the address and the credentials: login and error pages come this way.`
  }
  return `expected JSON and got something else (${named}, ${text.length} characters): ${excerpt(text)}`
}

function looksLikeHtml(text: string, type: string): boolean {
  return /html/i.test(type) || /^\s*<(?:!doctype html|html|head|body)/i.test(text.slice(0, 200))
}

/** The beginning of a text in one line, for a message. */
export function excerpt(text: string): string {
  const line = text
    .slice(0, excerptLength * 2)
    .replace(/\s+/g, ' ')
    .trim()
  return JSON.stringify(line.length > excerptLength ? `${line.slice(0, excerptLength)}…` : line)
}

/** Bytes as text, by the charset of the content type; UTF-8 where it names none or one we do not know. */
export function decodeText(bytes: Buffer, headers: HttpHeaders): string {
  const type = headers['content-type']
  const charset = typeof type === 'string' ? /charset="?([^";\s]{1,40})/i.exec(type)?.[1] : undefined
  if (charset === undefined || /^utf-?8$/i.test(charset)) return bytes.toString('utf8')
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    return bytes.toString('utf8')
  }
}
