import type { Checksums, ObjectAttributes, ObjectInfo } from '@casare/object-store'
import type { StorageClass } from '@aws-sdk/client-s3'

/** What the SDK's answers about an object have in common. */
export interface ObjectFacts {
  readonly ETag?: string | undefined
  readonly LastModified?: Date | undefined
  readonly VersionId?: string | undefined
  readonly StorageClass?: string | undefined
  readonly ContentType?: string | undefined
  readonly ContentEncoding?: string | undefined
  readonly ContentLanguage?: string | undefined
  readonly ContentDisposition?: string | undefined
  readonly CacheControl?: string | undefined
  readonly Metadata?: Record<string, string> | undefined
  readonly ServerSideEncryption?: string | undefined
  readonly SSECustomerAlgorithm?: string | undefined
  readonly ChecksumType?: string | undefined
  readonly ChecksumCRC32?: string | undefined
  readonly ChecksumCRC32C?: string | undefined
  readonly ChecksumCRC64NVME?: string | undefined
}

/** An S3 object as all stores show one. */
export function infoOf(key: string, size: number, facts: ObjectFacts): ObjectInfo {
  const optional = {
    version: facts.VersionId === 'null' ? undefined : facts.VersionId,
    storageClass: facts.StorageClass,
    contentType: facts.ContentType,
    contentEncoding: facts.ContentEncoding,
    contentLanguage: facts.ContentLanguage,
    contentDisposition: facts.ContentDisposition,
    cacheControl: facts.CacheControl,
  }
  return {
    key,
    size,
    etag: facts.ETag ?? '',
    lastModified: (facts.LastModified ?? new Date(0)).toISOString(),
    ...(Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined && value !== ''),
    ) as object),
    metadata: { ...facts.Metadata },
    checksums: checksumsOf(facts),
  }
}

/** The sums over the whole; those over sums of parts say nothing about the bytes. */
export function checksumsOf(facts: ObjectFacts): Checksums {
  const whole = facts.ChecksumType === 'FULL_OBJECT'
  const md5 = md5Of(facts)
  return {
    ...(md5 === undefined ? {} : { md5 }),
    ...(whole && facts.ChecksumCRC32 !== undefined ? { crc32: facts.ChecksumCRC32 } : {}),
    ...(whole && facts.ChecksumCRC32C !== undefined ? { crc32c: facts.ChecksumCRC32C } : {}),
    ...(whole && facts.ChecksumCRC64NVME !== undefined ? { crc64nvme: facts.ChecksumCRC64NVME } : {}),
  }
}

/**
 * The MD5 that an etag is, in base64: where the object or part was sent by one request and is encrypted neither with a key
 * of KMS nor with the customer's own (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html).
 */
export function md5Of({ ETag, ServerSideEncryption, SSECustomerAlgorithm }: ObjectFacts): string | undefined {
  const [, hex] = /^"?([0-9a-f]{32})"?$/.exec(ETag ?? '') ?? []
  if (hex === undefined || SSECustomerAlgorithm !== undefined) return undefined
  if ((ServerSideEncryption ?? 'AES256') !== 'AES256') return undefined
  return Buffer.from(hex, 'hex').toString('base64')
}

/** Attributes as the SDK takes them. */
export function fieldsOf(attributes: ObjectAttributes) {
  const { contentType, contentEncoding, contentLanguage, contentDisposition, cacheControl, metadata } = attributes
  return {
    ...(contentType === undefined ? {} : { ContentType: contentType }),
    ...(contentEncoding === undefined ? {} : { ContentEncoding: contentEncoding }),
    ...(contentLanguage === undefined ? {} : { ContentLanguage: contentLanguage }),
    ...(contentDisposition === undefined ? {} : { ContentDisposition: contentDisposition }),
    ...(cacheControl === undefined ? {} : { CacheControl: cacheControl }),
    ...(metadata === undefined ? {} : { Metadata: { ...metadata } }),
    ...(attributes.storageClass === undefined ? {} : { StorageClass: attributes.storageClass as StorageClass }),
  }
}

/** Conditions of a write as the SDK takes them; without the quotes of the etag, which some stores do not know here. */
export function conditionsOf({
  ifMatch,
  ifNoneMatch,
}: {
  ifMatch?: string | undefined
  ifNoneMatch?: string | undefined
}) {
  return {
    ...(ifMatch === undefined ? {} : { IfMatch: ifMatch.replaceAll('"', '') }),
    ...(ifNoneMatch === undefined ? {} : { IfNoneMatch: ifNoneMatch }),
  }
}
