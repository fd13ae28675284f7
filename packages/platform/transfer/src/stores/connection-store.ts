import { ConnectorError } from '@casare/core'
import type { ObjectAttributes, ObjectInfo, Upload } from '@casare/object-store'
import type {
  Entry,
  OpenedEntry,
  OutgoingPart,
  PartUpload,
  SentPart,
  SourceStore,
  StoredEntry,
  TargetStore,
} from './store.ts'

interface Options {
  readonly signal?: AbortSignal | undefined
}

/** What every connector of an object store offers; see `@casare/object-store`. */
export interface ObjectConnection {
  putObject(input: object, options?: Options): Promise<{ etag: string; checksums?: object | undefined }>
  getObject(input: object, options?: Options): Promise<ObjectInfo & { body: Uint8Array | AsyncIterable<Uint8Array> }>
  headObject(input: object, options?: Options): Promise<ObjectInfo>
  deleteObject(input: object, options?: Options): Promise<unknown>
  copyObject(input: object, options?: Options): Promise<{ etag: string; checksums?: object | undefined }>
  startUpload(input: object, options?: Options): Promise<Upload & { inOrder?: boolean | undefined }>
  uploadPart(input: object, options?: Options): Promise<SentPart>
  listParts(input: object, options?: Options): Promise<{ parts: readonly SentPart[] }>
  completeUpload(input: object, options?: Options): Promise<{ etag: string; checksums?: object | undefined }>
  abortUpload(input: object, options?: Options): Promise<unknown>
  readonly objects: {
    read(
      input: object,
      options?: Options,
    ): AsyncIterable<{
      kind?: string | undefined
      key: string
      size?: number | undefined
      etag?: string | undefined
      lastModified?: string | undefined
    }>
  }
}

/** What of the names and settings of an object belongs to it, wherever it lies. */
function attributesOf(info: ObjectInfo): ObjectAttributes {
  const { contentType, contentEncoding, contentLanguage, contentDisposition, cacheControl, metadata } = info
  const all = { contentType, contentEncoding, contentLanguage, contentDisposition, cacheControl }
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && value !== ''))
  return Object.keys(metadata).length === 0 ? given : { ...given, metadata }
}

async function* asStream(body: Uint8Array | AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  if (body instanceof Uint8Array) yield body
  else yield* body
}

/** A prefix of a bucket, by a connection to its store. */
export class ConnectionStore implements SourceStore, TargetStore {
  readonly name: string
  readonly connection: ObjectConnection
  readonly bucket: string
  readonly #prefix: string

  /** @param name as people write it: `s3://bucket/prefix` */
  constructor(name: string, connection: ObjectConnection, bucket: string, prefix: string) {
    this.name = name
    this.connection = connection
    this.bucket = bucket
    this.#prefix = prefix
  }

  /** Where an entry lies. */
  address(key: string): { bucket: string; key: string } {
    return { bucket: this.bucket, key: this.#prefix + key }
  }

  #entry(info: {
    key: string
    size?: number | undefined
    etag?: string | undefined
    lastModified?: string | undefined
  }): Entry {
    return {
      key: info.key.slice(this.#prefix.length),
      size: info.size,
      etag: info.etag,
      lastModified: info.lastModified,
    }
  }

  async describe(key: string, signal: AbortSignal): Promise<Omit<OpenedEntry, 'body'>> {
    const info = await this.connection.headObject(this.address(key), { signal })
    return { entry: this.#entry(info), attributes: attributesOf(info), sums: info.checksums }
  }

  async *list(signal: AbortSignal): AsyncIterable<Entry> {
    const input = { bucket: this.bucket, ...(this.#prefix === '' ? {} : { prefix: this.#prefix }) }
    for await (const found of this.connection.objects.read(input, { signal })) yield this.#entry(found)
  }

  async open(
    key: string,
    span: { offset: number; length: number; etag: string | undefined } | undefined,
    signal: AbortSignal,
  ): Promise<OpenedEntry> {
    const range = span === undefined ? {} : { range: { offset: span.offset, length: span.length }, ifMatch: span.etag }
    const { body, ...info } = await this.connection.getObject({ ...this.address(key), ...range }, { signal })
    return { entry: this.#entry(info), attributes: attributesOf(info), sums: info.checksums, body: asStream(body) }
  }

  async find(key: string, signal: AbortSignal): Promise<Entry | undefined> {
    try {
      return this.#entry(await this.connection.headObject(this.address(key), { signal }))
    } catch (error) {
      if (ConnectorError.is(error, 'not_found')) return undefined
      throw error
    }
  }

  async put(key: string, bytes: Uint8Array, attributes: ObjectAttributes, signal: AbortSignal): Promise<StoredEntry> {
    return stored(await this.connection.putObject({ ...this.address(key), body: bytes, ...attributes }, { signal }))
  }

  async begin(
    key: string,
    attributes: ObjectAttributes,
    { whole, part: partBytes }: { readonly whole: number | undefined; readonly part: number },
    signal: AbortSignal,
  ): Promise<PartUpload> {
    const about = { ...attributes, partBytes, ...(whole === undefined ? {} : { size: whole }) }
    const { inOrder = false, ...upload } = await this.connection.startUpload(
      { ...this.address(key), ...about },
      { signal },
    )
    return this.#upload({ upload, attributes, inOrder }, [])
  }

  async resume(saved: unknown, signal: AbortSignal): Promise<PartUpload | undefined> {
    const known = saved as SavedUpload
    try {
      const { parts } = await this.connection.listParts({ upload: known.upload }, { signal })
      return this.#upload(known, parts)
    } catch (error) {
      if (ConnectorError.is(error, 'not_found')) return undefined
      if (ConnectorError.is(error, 'unsupported')) return this.#upload(known, undefined)
      throw error
    }
  }

  #upload(saved: SavedUpload, present: readonly SentPart[] | undefined): PartUpload {
    const { connection } = this
    const { upload, attributes, inOrder } = saved
    return {
      saved,
      inOrder,
      present,
      send({ number, offset, last, length, open }: OutgoingPart, signal) {
        return connection.uploadPart({ upload, number, offset, last, length, body: open }, { signal })
      },
      async complete(parts, signal) {
        return stored(await connection.completeUpload({ upload, parts, ...attributes }, { signal }))
      },
      async abort() {
        await connection.abortUpload({ upload })
      },
    }
  }

  async copyFrom(
    source: SourceStore,
    entry: Entry,
    targetKey: string,
    signal: AbortSignal,
  ): Promise<StoredEntry | undefined> {
    if (!(source instanceof ConnectionStore) || source.connection !== this.connection) return undefined
    const from = { ...source.address(entry.key), ...(entry.etag === undefined ? {} : { ifMatch: entry.etag }) }
    return stored(await this.connection.copyObject({ ...this.address(targetKey), source: from }, { signal }))
  }

  async remove(key: string, signal: AbortSignal): Promise<void> {
    await this.connection.deleteObject(this.address(key), { signal })
  }
}

interface SavedUpload {
  readonly upload: Upload
  readonly attributes: ObjectAttributes
  readonly inOrder: boolean
}

function stored({ etag, checksums }: { etag: string; checksums?: object | undefined }): StoredEntry {
  return { etag, sums: { ...checksums } }
}
