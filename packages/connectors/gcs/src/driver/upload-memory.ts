import type { ObjectResource } from './resource.ts'

/** What this process knows of an upload. */
export interface KnownUpload {
  /** Bytes that the session has; `undefined` where a request failed, so that it has to be asked. */
  readonly persisted?: number | undefined
  /** The CRC32C over so many bytes from the beginning, where they went by here. */
  readonly sum?: { readonly bytes: number; readonly crc32c: string } | undefined
  /** The object, where it is complete. */
  readonly made?: ObjectResource | undefined
}

const mostUploads = 10_000

/** Unfinished uploads of a connection: what is known need not be asked. Forgetting costs a request, nothing else. */
export class UploadMemory {
  readonly #known = new Map<string, KnownUpload>()

  get(uploadId: string): KnownUpload | undefined {
    return this.#known.get(uploadId)
  }

  set(uploadId: string, known: KnownUpload): void {
    this.#known.delete(uploadId)
    this.#known.set(uploadId, known)
    const [oldest] = this.#known.keys()
    if (this.#known.size > mostUploads && oldest !== undefined) this.#known.delete(oldest)
  }

  delete(uploadId: string): void {
    this.#known.delete(uploadId)
  }
}
