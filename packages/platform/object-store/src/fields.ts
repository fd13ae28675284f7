import { timestamp } from '@casare/core/zod'
import { z } from 'zod'

const maxKeyBytes = 1_024

/** Is it a key that every store takes: 1 to 1,024 bytes of UTF-8, no lone surrogate, no NUL? */
function isKey(key: string): boolean {
  return key.length > 0 && key.isWellFormed() && !key.includes('\0') && Buffer.byteLength(key) <= maxKeyBytes
}

/** A key. Slashes and dots have no meaning to a store: `a//b`, `../a` and `/a` are three different names. */
export const keyField = (description = 'Name of the object, 1 to 1,024 bytes of UTF-8.') =>
  z
    .string()
    .min(1)
    .max(maxKeyBytes)
    .refine(isKey, `expected 1 to ${maxKeyBytes} bytes of UTF-8 without NUL or half characters`)
    .describe(description)

export const bucketField = () => z.string().min(1).max(255).describe('The bucket; in Azure the container.')

export const addressFields = () => ({ bucket: bucketField(), key: keyField() })

export const versionField = () =>
  z.string().min(1).optional().describe('A version of the object; without it, the newest.')

export const preconditionFields = () => ({
  ifMatch: z
    .string()
    .regex(/^[\x21-\x7e]{1,1024}$/)
    .optional()
    .describe('Only over an object with this etag; else "conflict".'),
  ifNoneMatch: z.literal('*').optional().describe('"*": only where no object is there; else "conflict".'),
})

/** Attributes travel as HTTP headers (RFC 9110, 5.5), metadata too; stores differ in what they make of other characters. */
const printable = /^[\x20-\x7e]*$/
const onlyPrintable = 'expected printable ASCII: encode other characters, by percent or base64'

const metadataField = () =>
  z
    .record(
      z.string().regex(/^[a-z0-9_][a-z0-9_.-]{0,127}$/, 'expected a name in lower case'),
      z.string().max(8_192).regex(printable, onlyPrintable),
    )
    .describe('Names in lower case and values in printable ASCII, stored with the object.')

const headerValue = (description: string) =>
  z.string().min(1).max(1_024).regex(printable, onlyPrintable).optional().describe(description)

export const attributeFields = () => ({
  contentType: headerValue('Media type.'),
  contentEncoding: headerValue('Coding of the bytes, for example "gzip".'),
  contentLanguage: headerValue('Language, for example "de".'),
  contentDisposition: headerValue('For browsers: show or save, and under which name.'),
  cacheControl: headerValue('For caches, for example "max-age=3600".'),
  metadata: metadataField().optional(),
  storageClass: headerValue("The store's name of its class or tier."),
})

export const checksumsField = () =>
  z
    .object({
      md5: z.string().optional(),
      crc32: z.string().optional(),
      crc32c: z.string().optional(),
      crc64nvme: z.string().optional(),
      sha1: z.string().optional(),
      sha256: z.string().optional(),
    })
    .describe('Sums over all bytes, in base64, where the store knows them.')

const etagField = () => z.string().describe('Changes with the bytes; for ifMatch.')

export const infoFields = () => ({
  key: z.string(),
  size: z.number().int().describe('Bytes.'),
  etag: etagField(),
  lastModified: timestamp('When it was written.'),
  version: z.string().optional(),
  contentType: z.string().optional(),
  contentEncoding: z.string().optional(),
  contentLanguage: z.string().optional(),
  contentDisposition: z.string().optional(),
  cacheControl: z.string().optional(),
  metadata: z.record(z.string(), z.string()),
  storageClass: z.string().optional(),
  checksums: checksumsField(),
})

export const storedFields = () => ({
  etag: etagField(),
  version: z.string().optional(),
  checksums: checksumsField().optional(),
})

export const uploadFields = () => ({
  ...addressFields(),
  uploadId: z
    .string()
    .max(4_096)
    .regex(/^[\x21-\x7e]+$/, 'expected the id that startUpload gave')
    .describe('As startUpload gave it.'),
  inOrder: z.boolean().optional().describe('Parts have to be sent one after the other.'),
})

export const partFields = () => ({
  number: z.number().int().min(1).max(50_000).describe('From 1.'),
  size: z.number().int().min(0).describe('Bytes.'),
  etag: z.string().describe('The receipt of the store.'),
})
