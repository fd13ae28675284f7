/** Where an object lies. In Azure, `bucket` is the container. */
export interface ObjectAddress {
  readonly bucket: string
  /** 1 to 1,024 bytes of UTF-8. */
  readonly key: string
}

/** What is stored beside the bytes, and given back with them. */
export interface ObjectAttributes {
  /** Media type. Default: the store's, usually `application/octet-stream`. */
  readonly contentType?: string | undefined
  readonly contentEncoding?: string | undefined
  readonly contentLanguage?: string | undefined
  readonly contentDisposition?: string | undefined
  readonly cacheControl?: string | undefined
  /** The user's own names and values; names in lower case. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** The store's name of its class or tier: `STANDARD_IA`, `Cool`, `NEARLINE`. */
  readonly storageClass?: string | undefined
}

/** When a write is refused with `conflict`; the terms are those of HTTP (RFC 9110, 13.1). */
export interface Preconditions {
  /** Only over an object with this etag. */
  readonly ifMatch?: string | undefined
  /** `*`: only where no object is there. */
  readonly ifNoneMatch?: '*' | undefined
}

/** Sums over the bytes of the whole object, in base64, where the store knows them. */
export type Checksums = Readonly<
  Partial<Record<'md5' | 'crc32' | 'crc32c' | 'crc64nvme' | 'sha1' | 'sha256', string | undefined>>
>

/** An object without its bytes. */
export interface ObjectInfo extends ObjectAttributes {
  readonly key: string
  /** Bytes. */
  readonly size: number
  /** Changes with the bytes; for `ifMatch`. */
  readonly etag: string
  /** ISO 8601. */
  readonly lastModified: string
  readonly version?: string | undefined
  readonly metadata: Readonly<Record<string, string>>
  readonly checksums: Checksums
}

/** An object as a list shows it. */
export interface ListedObject {
  readonly key: string
  readonly size: number
  readonly etag: string
  readonly lastModified: string
  readonly storageClass?: string | undefined
}

/** The answer to a write. */
export interface StoredObject {
  readonly etag: string
  readonly version?: string | undefined
  readonly checksums?: Checksums | undefined
}

/** Bytes of an object: `length` bytes from `offset` on. Without a length: to the end. */
export interface ByteRange {
  readonly offset: number
  readonly length?: number | undefined
}

/** An upload in parts that is not finished. */
export interface Upload extends ObjectAddress {
  /** The store's id of it; for some stores as good as a password: keep it so. */
  readonly uploadId: string
}

/** A part that the store has. */
export interface UploadedPart {
  /** From 1. */
  readonly number: number
  readonly size: number
  /** The store's receipt, needed to complete the upload. */
  readonly etag: string
}

/** An unfinished upload as a list shows it. */
export interface ListedUpload {
  readonly key: string
  readonly uploadId: string
  /** ISO 8601, where the store tells it. */
  readonly startedAt?: string | undefined
}

/** Where a list goes on: with the store's own token, else after a key. Plain data. */
export interface ListPosition {
  readonly token?: string | undefined
  readonly after?: string | undefined
}
