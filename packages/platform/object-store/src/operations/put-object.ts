import { openBody, operation, schema, type CallContext, type ErrorCode, type VendorType } from '@casare/core'
import { body } from '@casare/core/zod'
import { z } from 'zod'
import type { ObjectDriver } from '../driver.ts'
import { addressFields, attributeFields, preconditionFields, storedFields } from '../fields.ts'
import type { StoredObject } from '../model.ts'
import { partSize } from '../upload/part-size.ts'
import { inMemory, uploadStream } from '../upload/upload-parts.ts'

/** A stream of unknown length may have this many bytes where nobody says otherwise: 100 GiB. */
const defaultMaxBytes = 100 * 1024 ** 3

const input = schema(() =>
  z.strictObject({
    ...addressFields(),
    body: body(),
    ...attributeFields(),
    ...preconditionFields(),
    maxBytes: z
      .number()
      .int()
      .min(0)
      .optional()
      .describe(
        'The most bytes of a body whose length is not known. Default 100 GiB, or what the store or partBytes allows.',
      ),
    partBytes: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe('Larger bodies are sent in parts of this many bytes. Default 8 MiB, more for very large ones.'),
    concurrency: z
      .number()
      .int()
      .min(1)
      .max(64)
      .default(4)
      .describe('Parts under way at once; each is held in memory.'),
  }),
)
const output = schema(() => z.object({ ...storedFields(), size: z.number().int().describe('Bytes.') }))
const errors: ErrorCode[] = ['not_found', 'permission_denied', 'conflict']

/** Stores an object of any size: by one request, or in parallel parts where it is large or of unknown length. */
export function putObjectOperation<Client, Vendor = undefined>(
  driver: ObjectDriver<Client>,
  vendor?: VendorType<Vendor>,
) {
  return operation({
    description: 'Stores an object from bytes, a file or a stream of any length; large ones in parallel parts.',
    effect: 'idempotent',
    input,
    output,
    errors,
    vendor,
    async run(client: Client, { body: given, maxBytes, partBytes, concurrency, ...request }, context) {
      const opened = await openBody(given, context.fileRoots)
      const { length } = opened
      const { maxObjectBytes, part } = driver.limits
      const manyParts = partBytes === undefined ? Infinity : partBytes * part.maxCount
      const limit = Math.min(maxBytes ?? Math.min(defaultMaxBytes, manyParts), maxObjectBytes)
      const size = partSize(driver.limits, { partBytes, atMost: length ?? limit })
      const call: CallContext = context
      if (opened.bytes !== undefined && opened.bytes.byteLength <= size) {
        const stored = await driver.put(client, { ...request, body: inMemory(opened.bytes) }, call)
        return { ...stored, size: opened.bytes.byteLength }
      }
      const plan = { partBytes: size, concurrency, maxBytes: limit, length }
      return uploadStream(driver, client, request, opened.stream(), plan, call)
    },
    async reconcile(client, { bucket, key, body: given }, context) {
      const { bytes } = await openBody(given, context.fileRoots)
      if (bytes === undefined) return 'unknown'
      const info = await driver.head(client, { bucket, key }, context)
      const { createHash } = await import('node:crypto')
      if (info.size !== bytes.byteLength || info.checksums.md5 === undefined) return 'unknown'
      const same = info.checksums.md5 === createHash('md5').update(bytes).digest('base64')
      const stored: StoredObject = { etag: info.etag, version: info.version, checksums: info.checksums }
      return same ? { output: { ...stored, size: bytes.byteLength } } : 'unknown'
    },
  })
}
