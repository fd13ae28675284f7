import type { ObjectAttributes } from '@casare/object-store'

/** What is moved: a key relative to the root of its store, or to the prefix chosen there. */
export interface Entry {
  readonly key: string
  /** Bytes; `undefined` where the source does not tell before it is read. */
  readonly size: number | undefined
  /** Changes with the bytes; `undefined` where the source tells none. */
  readonly etag: string | undefined
  /** ISO 8601. */
  readonly lastModified: string | undefined
}

/** Sums in base64, where a store knows them. */
export type Sums = Readonly<Record<string, string | undefined>>

/** An entry that was opened for reading. */
export interface OpenedEntry {
  readonly entry: Entry
  readonly attributes: ObjectAttributes
  readonly sums: Sums
  readonly body: AsyncIterable<Uint8Array>
}

/** Bytes of an entry: `length` bytes from `offset` on; only those of this etag, else `conflict`. */
export interface Span {
  readonly offset: number
  readonly length: number
  readonly etag: string | undefined
}

/** Where files come from. */
export interface SourceStore {
  /** As people write it, without secrets: `s3://bucket/prefix`. */
  readonly name: string
  /** One entry by its key. @throws ConnectorError `not_found` */
  describe(key: string, signal: AbortSignal): Promise<Omit<OpenedEntry, 'body'>>
  /** All entries, folders not among them. */
  list(signal: AbortSignal): AsyncIterable<Entry>
  /** The bytes, all or a span. Read once; leaving early frees what it holds. */
  open(key: string, span: Span | undefined, signal: AbortSignal): Promise<OpenedEntry>
}

/** A part on its way to a target. */
export interface OutgoingPart {
  /** From 1. */
  readonly number: number
  readonly offset: number
  readonly length: number
  readonly last: boolean
  /** The bytes from the beginning of the part; opened again for every attempt. */
  readonly open: () => AsyncIterable<Uint8Array>
}

/** A part that the target has, with what it needs to complete the upload. Plain data. */
export interface SentPart {
  readonly number: number
  readonly size: number
  readonly etag: string
}

/** An upload in parts that another process can take up. */
export interface PartUpload {
  /** What `resume` needs; plain data, to be kept as carefully as a password. */
  readonly saved: unknown
  /** Parts have to be sent one after the other. */
  readonly inOrder: boolean
  /** Parts that the target has by its own account; `undefined` where it does not tell. */
  readonly present: readonly SentPart[] | undefined
  send(part: OutgoingPart, signal: AbortSignal): Promise<SentPart>
  complete(parts: readonly SentPart[], signal: AbortSignal): Promise<StoredEntry>
  abort(): Promise<void>
}

/** What a target says of an entry that it has. */
export interface StoredEntry {
  readonly etag: string | undefined
  readonly sums: Sums
}

/** Where files go. */
export interface TargetStore {
  readonly name: string
  /** A machine that loses its power may lose what was put: what has arrived is looked at again before it counts as there. */
  readonly forgetful?: boolean | undefined
  /** `undefined` where it is not there. */
  find(key: string, signal: AbortSignal): Promise<Entry | undefined>
  list(signal: AbortSignal): AsyncIterable<Entry>
  /** Stores an entry whose bytes are in memory. */
  put(key: string, bytes: Uint8Array, attributes: ObjectAttributes, signal: AbortSignal): Promise<StoredEntry>
  /** @param size bytes of the whole, and of every part but the last */
  begin(
    key: string,
    attributes: ObjectAttributes,
    size: { readonly whole: number | undefined; readonly part: number },
    signal: AbortSignal,
  ): Promise<PartUpload>
  /** Takes up an upload of an earlier process; `undefined` where it is not there any more. */
  resume(saved: unknown, signal: AbortSignal): Promise<PartUpload | undefined>
  /** Copies on the store's side, where source and target are the same; `undefined` where they are not. */
  copyFrom?(source: SourceStore, entry: Entry, targetKey: string, signal: AbortSignal): Promise<StoredEntry | undefined>
  remove(key: string, signal: AbortSignal): Promise<void>
}
