import { z } from 'zod'
import type { Body } from '../bodies/body.ts'
import { withJsonSchema } from './with-json-schema.ts'

const jsonForms = {
  oneOf: [
    {
      type: 'object',
      properties: { text: { type: 'string', description: 'UTF-8 text.' } },
      required: ['text'],
      additionalProperties: false,
    },
    {
      type: 'object',
      properties: { base64: { type: 'string', contentEncoding: 'base64', description: 'Bytes.' } },
      required: ['base64'],
      additionalProperties: false,
    },
    {
      type: 'object',
      properties: { file: { type: 'string', description: 'A file below an allowed folder.' } },
      required: ['file'],
      additionalProperties: false,
    },
  ],
}

/** A body: bytes, a stream, a Blob, `{ text }`, `{ base64 }`, `{ file }` or a function that opens a stream. */
export function body(description = 'The bytes.'): z.ZodType<Body, Body> {
  return withJsonSchema(
    z.custom<Body>(
      isBody,
      'expected bytes, a stream, a Blob, { text }, { base64 }, { file } or a function that opens a stream',
    ),
    { description, ...jsonForms },
  )
}

function isBody(value: unknown): boolean {
  if (typeof value === 'function') return true
  if (typeof value !== 'object' || value === null) return false
  if (value instanceof Uint8Array || value instanceof Blob || Symbol.asyncIterator in value) return true
  const keys = Object.keys(value)
  const key = keys[0]
  return (
    keys.length === 1 &&
    (key === 'text' || key === 'base64' || key === 'file') &&
    typeof (value as Record<string, unknown>)[key] === 'string'
  )
}
