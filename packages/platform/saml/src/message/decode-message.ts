import { isUtf8 } from 'node:buffer'
import { inflateRawSync } from 'node:zlib'
import type { ReadyOptions } from '../options.ts'
import { refuse } from '../refusals.ts'
import { readXml } from '../xml/read-xml.ts'
import { XmlProblem, type XmlElement } from '../xml/xml-element.ts'

/** A message as text and as elements. */
export interface Message {
  readonly xml: string
  readonly root: XmlElement
}

type Limits = Pick<ReadyOptions, 'maxBytes' | 'maxNodes'>

/** Decodes a message of the POST binding: base64 of UTF-8 (saml-bindings-2.0-os, 3.5.4). */
export function decodePosted(value: unknown, limits: Limits): Message {
  return parse(decodeBase64(value, limits.maxBytes), limits)
}

/** Decodes a message of the redirect binding: base64 of raw DEFLATE (saml-bindings-2.0-os, 3.4.4.1). */
export function decodeRedirected(value: unknown, limits: Limits): Message {
  const deflated = decodeBase64(value, limits.maxBytes)
  let inflated: Buffer
  try {
    inflated = inflateRawSync(deflated, { maxOutputLength: limits.maxBytes })
  } catch (error) {
    throw refuse((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too_large' : 'malformed')
  }
  return parse(inflated, limits)
}

function decodeBase64(value: unknown, maxBytes: number): Buffer {
  if (typeof value !== 'string' || value === '') throw refuse('malformed')
  // Half as much again as base64 needs: some identity providers break lines.
  if (value.length > maxBytes * 2 + 4) throw refuse('too_large')
  const text = value.replace(/[ \t\r\n]+/g, '')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw refuse('malformed')
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length > maxBytes) throw refuse('too_large')
  return bytes
}

function parse(bytes: Buffer, { maxNodes }: Limits): Message {
  if (!isUtf8(bytes)) throw refuse('malformed')
  const xml = bytes.toString()
  return guarded(() => ({ xml, root: readXml(xml, { mode: 'strict', maxNodes }) }))
}

/** Runs a reading; what it finds wrong with the XML becomes a refusal. */
export function guarded<Value>(read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    if (error instanceof XmlProblem) throw refuse('malformed')
    throw error
  }
}
