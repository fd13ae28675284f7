import type { BlobHTTPHeaders } from '@azure/storage-blob'
import type { Checksums, ObjectAttributes, ObjectInfo, Preconditions } from '@casare/object-store'

/** What the SDK's answers about a blob have in common. */
export interface BlobFacts {
  readonly etag?: string | undefined
  readonly lastModified?: Date | undefined
  readonly contentType?: string | undefined
  readonly contentEncoding?: string | undefined
  readonly contentLanguage?: string | undefined
  readonly contentDisposition?: string | undefined
  readonly cacheControl?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  readonly versionId?: string | undefined
  readonly accessTier?: string | undefined
}

/** A blob as all stores show an object. */
export function infoOf(key: string, size: number, facts: BlobFacts, md5: Uint8Array | undefined): ObjectInfo {
  const { contentType, contentEncoding, contentLanguage, contentDisposition, cacheControl } = facts
  const { versionId: version, accessTier: storageClass } = facts
  const optional = {
    ...{ contentType, contentEncoding, contentLanguage, contentDisposition, cacheControl, version, storageClass },
  }
  return {
    key,
    size,
    etag: quoted(facts.etag),
    lastModified: (facts.lastModified ?? new Date(0)).toISOString(),
    ...(Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined && value !== ''),
    ) as object),
    metadata: { ...facts.metadata },
    checksums: checksumsOf(md5),
  }
}

export function checksumsOf(md5: Uint8Array | undefined): Checksums {
  return md5 === undefined || md5.byteLength === 0 ? {} : { md5: Buffer.from(md5).toString('base64') }
}

/** Lists show etags without the quotes that they have everywhere else. */
export function quoted(etag = ''): string {
  return etag.startsWith('"') || etag === '' ? etag : `"${etag}"`
}

/** The attributes that Azure keeps as properties. */
export function headersOf(attributes: ObjectAttributes): BlobHTTPHeaders {
  const { contentType, contentEncoding, contentLanguage, contentDisposition, cacheControl } = attributes
  return {
    ...(contentType === undefined ? {} : { blobContentType: contentType }),
    ...(contentEncoding === undefined ? {} : { blobContentEncoding: contentEncoding }),
    ...(contentLanguage === undefined ? {} : { blobContentLanguage: contentLanguage }),
    ...(contentDisposition === undefined ? {} : { blobContentDisposition: contentDisposition }),
    ...(cacheControl === undefined ? {} : { blobCacheControl: cacheControl }),
  }
}

/** Conditions, metadata and tier as the SDK's options. */
export function writeOptions({ ifMatch, ifNoneMatch, metadata, storageClass }: ObjectAttributes & Preconditions): {
  conditions: { ifMatch?: string; ifNoneMatch?: string }
  metadata?: Record<string, string>
  tier?: string
} {
  return {
    conditions: {
      ...(ifMatch === undefined ? {} : { ifMatch }),
      ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
    },
    ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
    ...(storageClass === undefined ? {} : { tier: storageClass }),
  }
}
