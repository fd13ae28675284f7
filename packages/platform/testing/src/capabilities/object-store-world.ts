import { createCipheriv } from 'node:crypto'
import { ConnectorError, type AnyConnector, type ErrorCode } from '@casare/core'
import { ensure, isNotApplicable } from '../checks/check.ts'
import { quickRetries } from '../subject/trial.ts'
import type { Target } from '../subject/connector-subject.ts'
import type { ObjectStoreConnection, ObjectStoreSubject } from './object-store.ts'

/** A connection with an empty bucket of its own, for one check. */
export class ObjectStoreWorld {
  readonly subject: ObjectStoreSubject
  readonly connection: ObjectStoreConnection
  readonly bucket: string
  readonly #target: Target

  private constructor(subject: ObjectStoreSubject, target: Target, connection: ObjectStoreConnection, bucket: string) {
    this.subject = subject
    this.connection = connection
    this.bucket = bucket
    this.#target = target
  }

  static async begin(connector: AnyConnector, subject: ObjectStoreSubject): Promise<ObjectStoreWorld> {
    const target = await subject.start()
    const connection = connector({ ...target.config, resilience: quickRetries }) as unknown as ObjectStoreConnection
    const bucket = subject.bucketName()
    await connection.createBucket({ bucket })
    return new ObjectStoreWorld(subject, target, connection, bucket)
  }

  /** Empties and deletes the bucket, unfinished uploads included. */
  async end(): Promise<void> {
    const { connection, bucket } = this
    try {
      for (const { key, uploadId } of await this.list('uploads'))
        await connection.abortUpload({ upload: { bucket, key, uploadId } })
      const keys = (await this.list('objects')).map(({ key }) => key)
      if (keys.length > 0) await connection.deleteObjects({ bucket, keys })
      await connection.deleteBucket({ bucket })
    } finally {
      await connection.close()
      await this.#target.close?.()
    }
  }

  /** Everything a stream lists. */
  async list(
    stream: 'objects' | 'uploads',
    input: object = {},
    page: { cursor?: unknown; maxRecords?: number } = {},
  ): Promise<{ key: string; uploadId: string; size: number; kind: string }[]> {
    // A store that tells of no uploads has no such stream.
    if (stream === 'uploads' && isNotApplicable(this.subject.listsUploads)) return []
    const records: unknown[] = []
    let { cursor } = page
    for (;;) {
      const options = { cursor, maxRecords: page.maxRecords }
      const answer = await this.connection.$.read(stream, { bucket: this.bucket, ...input }, options)
      records.push(...answer.records)
      cursor = answer.cursor
      if (answer.done) return records as never
    }
  }

  put(key: string, body: unknown, more: object = {}): Promise<{ etag: string; size: number }> {
    return this.connection.putObject({ bucket: this.bucket, key, body, ...more })
  }

  /** The bytes of an object. */
  async get(key: string, more: object = {}): Promise<Buffer> {
    const { body } = await this.connection.getObject({ bucket: this.bucket, key, ...more })
    return collect(body)
  }
}

export async function collect(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<Buffer> {
  if (body instanceof Uint8Array) return Buffer.from(body)
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Bytes that do not repeat, the same for the same length. */
export function bytesOf(length: number): Buffer {
  const key = Buffer.alloc(16, String(length))
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length))
}

/** A stream of unknown length in uneven chunks. */
export async function* streamOf(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0, size = 1; at < bytes.byteLength; at += size, size = ((size * 7) % 65_537) + 1)
    yield bytes.subarray(at, at + size)
}

/** @throws Error where the two differ */
export function ensureBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  const same = Buffer.compare(actual, expected) === 0
  ensure(same, `${what}: ${expected.byteLength} bytes went in, ${actual.byteLength} came back, or others`)
}

/** @throws Error unless the promise fails with this code */
export async function refused(code: ErrorCode, promised: Promise<unknown>, what: string): Promise<void> {
  const error = await promised.then(
    () => undefined,
    (failure: unknown) => failure,
  )
  ensure(error !== undefined, `${what} was not refused`)
  ensure(
    ConnectorError.is(error, code),
    `${what}: expected ${code}, got ${error instanceof Error ? String(error) : typeof error}`,
  )
}
