import type { CallContext, ErrorFacts, Secret } from '@casare/core'
import type {
  ByteRange,
  ListPosition,
  ListedObject,
  ListedUpload,
  ObjectAddress,
  ObjectAttributes,
  ObjectInfo,
  Preconditions,
  StoredObject,
  Upload,
  UploadedPart,
} from './model.ts'

/** What a store allows; sizes in bytes. */
export interface StoreLimits {
  readonly maxObjectBytes: number
  /** The largest object that is stored by a single request. */
  readonly maxPutBytes: number
  readonly part: {
    /** Of every part but the last. */
    readonly minBytes: number
    readonly maxBytes: number
    readonly maxCount: number
    /** Every part but the last is a multiple of this. Default 1. */
    readonly multipleOf?: number | undefined
    /** Parts have to be sent one after the other. Default: any order, several at once. */
    readonly inOrder?: boolean | undefined
  }
  /** The most keys of one request that deletes several. */
  readonly maxDeleteKeys: number
}

/** Bytes whose number is known before they are sent; `open` gives them from the beginning, again for every attempt. */
export interface SizedBytes {
  readonly length: number
  /** The bytes, where they are in memory. */
  readonly bytes?: Uint8Array | undefined
  readonly open: () => AsyncIterable<Uint8Array>
}

/** A running sum over bytes. */
export interface RunningHash {
  update(chunk: Uint8Array): unknown
  /** In base64. */
  digest(): string
}

/** An object on its way out. */
export interface OpenedObject {
  readonly info: ObjectInfo
  /** The bytes of this answer: all, or the range asked for. */
  readonly body: AsyncIterable<Uint8Array>
  /** Where in the object the body begins. */
  readonly offset: number
  /** How many bytes the body has. */
  readonly length: number
  /** The sum that the whole object must have. Absent where the store tells none, or the driver's client checks it. */
  readonly verify?: { readonly algorithm: string; readonly expected: string; hash(): RunningHash } | undefined
}

/** What became of a key that was to be deleted. */
export interface DeleteFailure {
  readonly key: string
  readonly error: unknown
}

/**
 * What a vendor's connector does for its store: one request each, on its own client, without retries. Failures are thrown
 * as the vendor's client throws them; `toError` explains them.
 */
export interface ObjectDriver<Client> {
  readonly limits: StoreLimits
  readonly toError: (error: unknown) => ErrorFacts | undefined

  head(
    client: Client,
    request: ObjectAddress & { version?: string | undefined },
    call: CallContext,
  ): Promise<ObjectInfo>

  /** Opens the object, or a range of it. The body follows `call.signal` after this has answered, too. */
  get(
    client: Client,
    request: ObjectAddress & {
      version?: string | undefined
      range?: ByteRange | undefined
      ifMatch?: string | undefined
    },
    call: CallContext,
  ): Promise<OpenedObject>

  /** Stores an object by one request. */
  put(
    client: Client,
    request: ObjectAddress & ObjectAttributes & Preconditions & { body: SizedBytes },
    call: CallContext,
  ): Promise<StoredObject>

  /** Deletes an object. One that is not there is no failure. */
  delete(
    client: Client,
    request: ObjectAddress & { version?: string | undefined; ifMatch?: string | undefined },
    call: CallContext,
  ): Promise<void>

  /** Deletes up to `limits.maxDeleteKeys` objects; answers with those that failed. */
  deleteMany(
    client: Client,
    bucket: string,
    keys: readonly string[],
    call: CallContext,
  ): Promise<readonly DeleteFailure[]>

  /** Copies within the store, on the store's side, whatever the size. Attributes, where given, replace all of the source's. */
  copy(
    client: Client,
    request: ObjectAddress &
      Preconditions & {
        source: ObjectAddress & { version?: string | undefined; ifMatch?: string | undefined }
        attributes?: ObjectAttributes | undefined
      },
    call: CallContext,
  ): Promise<StoredObject>

  /** One page in the order of the keys (UTF-8 bytes). `next` is absent on the last one. */
  list(
    client: Client,
    request: {
      bucket: string
      prefix?: string | undefined
      delimiter?: string | undefined
      position?: ListPosition | undefined
      maxRecords: number
    },
    call: CallContext,
  ): Promise<{
    readonly objects: readonly ListedObject[]
    readonly prefixes: readonly string[]
    readonly next?: ListPosition | undefined
  }>

  /** A URL that lets whoever holds it read or write the object until it expires. */
  sign(
    client: Client,
    request: ObjectAddress & {
      method: 'GET' | 'PUT'
      expiresMs: number
      contentType?: string | undefined
      contentDisposition?: string | undefined
    },
    call: CallContext,
  ): Promise<Secret>

  /**
   * @param size bytes of the whole, where it is known.
   * @param partBytes bytes of every part but the last, where it is known; a store that counts bytes needs it to list parts.
   */
  startUpload(
    client: Client,
    request: ObjectAddress &
      ObjectAttributes &
      Preconditions & { size?: number | undefined; partBytes?: number | undefined },
    call: CallContext,
  ): Promise<Upload>
  /** Sends a part; the same number again replaces it. `last` is true for the part that ends the object. */
  uploadPart(
    client: Client,
    request: { upload: Upload; number: number; offset: number; last: boolean; body: SizedBytes },
    call: CallContext,
  ): Promise<UploadedPart>
  /** The parts that the store has, by their numbers. @throws what `toError` calls `not_found`, where the upload is not there */
  listParts(client: Client, upload: Upload, call: CallContext): Promise<readonly UploadedPart[]>
  completeUpload(
    client: Client,
    request: ObjectAttributes & Preconditions & { upload: Upload; parts: readonly UploadedPart[] },
    call: CallContext,
  ): Promise<StoredObject>
  /** Gives an upload up and frees its parts. One that is not there is no failure. */
  abortUpload(client: Client, upload: Upload, call: CallContext): Promise<void>
  /** Absent where the store does not tell. */
  readonly listUploads?:
    | ((
        client: Client,
        request: {
          bucket: string
          prefix?: string | undefined
          position?: ListPosition | undefined
          maxRecords: number
        },
        call: CallContext,
      ) => Promise<{ readonly uploads: readonly ListedUpload[]; readonly next?: ListPosition | undefined }>)
    | undefined

  createBucket(client: Client, bucket: string, call: CallContext): Promise<void>
  /** @throws what `toError` calls `conflict` where it is not empty */
  deleteBucket(client: Client, bucket: string, call: CallContext): Promise<void>
  listBuckets(client: Client, call: CallContext): Promise<readonly { name: string; createdAt?: string | undefined }[]>
}
