import type { Secret } from '@casare/core'
import type { NotApplicable, Peer } from '../checks/check.ts'
import type { DrivenConnection, Target } from '../subject/connector-subject.ts'

/** A part of an upload, as the store has it. */
export interface StorePart {
  readonly number: number
  readonly size: number
  readonly etag: string
}

/** An unfinished upload. */
export interface StoreUpload {
  readonly bucket: string
  readonly key: string
  readonly uploadId: string
}

/** What an object store's connector answers about an object. */
export interface StoreInfo {
  readonly key: string
  readonly size: number
  readonly etag: string
  readonly lastModified: string
  readonly contentType?: string | undefined
  readonly metadata: Readonly<Record<string, string>>
}

/** A connection to an object store, as the suite and `@casare/transfer` drive it: the operations that all stores share. */
export interface ObjectStoreConnection extends DrivenConnection {
  putObject(input: object, options?: object): Promise<{ etag: string; size: number }>
  getObject(
    input: object,
    options?: object,
  ): Promise<StoreInfo & { offset: number; length: number; body: Uint8Array | AsyncIterable<Uint8Array> }>
  headObject(input: object): Promise<StoreInfo>
  deleteObject(input: object): Promise<unknown>
  deleteObjects(input: object): Promise<{ deleted: number; failed: readonly { key: string }[] }>
  copyObject(input: object): Promise<{ etag: string }>
  signUrl(input: object): Promise<{ url: Secret; expiresAt: string }>
  startUpload(input: object): Promise<StoreUpload>
  uploadPart(input: object): Promise<StorePart>
  listParts(input: object): Promise<{ parts: readonly StorePart[] }>
  completeUpload(input: object): Promise<{ etag: string }>
  abortUpload(input: object): Promise<unknown>
  createBucket(input: object): Promise<unknown>
  deleteBucket(input: object): Promise<unknown>
  listBuckets(input: object): Promise<{ buckets: readonly { name: string }[] }>
}

/** A store of objects of any size under keys. */
export interface ObjectStoreSubject {
  readonly peer: Peer
  /** A fresh peer. */
  readonly start: () => Promise<Target>
  /** A name for a bucket that nobody has; called for each check. */
  readonly bucketName: () => string
  /** Bytes of a part that the store takes, as small as it can be; every upload of the suite uses it. */
  readonly partBytes: number
  /** May parts be sent in any order, several at once? Default: yes. */
  readonly parallelParts?: true | NotApplicable | undefined
  /** Does the store list unfinished uploads? Default: yes. */
  readonly listsUploads?: true | NotApplicable | undefined
  /** Do signed URLs work without credentials, by plain HTTP? Default: yes. */
  readonly signs?: true | NotApplicable | undefined
  /** Keys of `hostileKeys` that the store cannot keep as they are, so that the connector refuses them. Default: none. */
  readonly refusedKeys?: readonly string[] | undefined
  /** Further headers that the store wants with a PUT to a signed URL. */
  readonly putHeaders?: Readonly<Record<string, string>> | undefined
}
