import { z } from 'zod'
import { withJsonSchema } from './with-json-schema.ts'

/** Bytes as an output: `Uint8Array` or a stream of them; in JSON `{ $bytes: base64 }`, over 1 MiB `{ file, sha256, bytes }`. */
export function bytes(description = 'The bytes.'): z.ZodType<Uint8Array | AsyncIterable<Uint8Array>> {
  const schema = z.custom<Uint8Array | AsyncIterable<Uint8Array>>(
    (value) =>
      value instanceof Uint8Array || (typeof value === 'object' && value !== null && Symbol.asyncIterator in value),
    'expected bytes or a stream of bytes',
  )
  return withJsonSchema(schema, {
    description,
    oneOf: [
      {
        type: 'object',
        properties: { $bytes: { type: 'string', contentEncoding: 'base64' } },
        required: ['$bytes'],
        additionalProperties: false,
      },
      {
        type: 'object',
        properties: { file: { type: 'string' }, sha256: { type: 'string' }, bytes: { type: 'integer' } },
        required: ['file', 'sha256', 'bytes'],
        additionalProperties: false,
      },
    ],
  })
}
