import { ConnectorError, Secret, defineConnector, schema } from '@casare/core'
import { createHash } from 'node:crypto'
import { z } from 'zod'
import {
  abortUploadOperation,
  completeUploadOperation,
  copyObjectOperation,
  createBucketOperation,
  deleteBucketOperation,
  deleteObjectOperation,
  deleteObjectsOperation,
  getObjectOperation,
  headObjectOperation,
  listBucketsOperation,
  listPartsOperation,
  objectsStream,
  putObjectOperation,
  signUrlOperation,
  startUploadOperation,
  uploadPartOperation,
  uploadsStream,
  type ObjectAttributes,
  type ObjectDriver,
  type ObjectInfo,
  type SizedBytes,
} from '../src/index.ts'

interface Kept {
  readonly bytes: Buffer
  readonly info: ObjectInfo
}
interface Pending {
  readonly bucket: string
  readonly key: string
  readonly parts: Map<number, Buffer>
}

/** Called at each step; what it throws is the store's failure. */
export type Trouble = (step: string, detail: { number?: number | undefined; offset?: number | undefined }) => void

/** A store in memory with the rules of the real ones, for tests of what all of them share. */
export class MemoryStore {
  readonly buckets = new Map<string, Map<string, Kept>>()
  readonly pending = new Map<string, Pending>()
  readonly log: string[] = []
  /** Cuts each body that is handed out after this many bytes. */
  cutAfter: number | undefined
  trouble: Trouble = () => undefined
  underWay = 0
  mostUnderWay = 0
  #clock = Date.parse('2026-01-01T00:00:00Z')
  tick = 1_000

  step(name: string, detail: { number?: number | undefined; offset?: number | undefined } = {}): void {
    this.log.push(detail.number === undefined ? name : `${name} ${detail.number}`)
    this.trouble(name, detail)
  }

  bucket(name: string): Map<string, Kept> {
    const found = this.buckets.get(name)
    if (found === undefined) throw missing(`bucket ${name}`)
    return found
  }

  object(bucket: string, key: string): Kept {
    const found = this.bucket(bucket).get(key)
    if (found === undefined) throw missing(key)
    return found
  }

  keep(bucket: string, key: string, bytes: Buffer, attributes: ObjectAttributes): ObjectInfo {
    const md5 = createHash('md5').update(bytes).digest('base64')
    this.#clock += this.tick
    const info: ObjectInfo = {
      ...attributes,
      metadata: attributes.metadata ?? {},
      key,
      size: bytes.byteLength,
      etag: `"${Buffer.from(md5, 'base64').toString('hex')}"`,
      lastModified: new Date(this.#clock).toISOString(),
      checksums: { md5 },
    }
    this.bucket(bucket).set(key, { bytes, info })
    return info
  }
}

export const broken = (message = 'The connection broke.'): ConnectorError =>
  new ConnectorError({ code: 'unavailable', applied: 'maybe', message })
const missing = (what: string): ConnectorError =>
  new ConnectorError({ code: 'not_found', message: `There is no ${what}.` })
const refused = (): ConnectorError => new ConnectorError({ code: 'conflict', message: 'The condition does not hold.' })

async function collect({ open }: SizedBytes): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of open()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function checkConditions(
  store: MemoryStore,
  {
    bucket,
    key,
    ifMatch,
    ifNoneMatch,
  }: { bucket: string; key: string; ifMatch?: string | undefined; ifNoneMatch?: '*' | undefined },
): void {
  const found = store.bucket(bucket).get(key)
  if (ifNoneMatch === '*' && found !== undefined) throw refused()
  if (ifMatch !== undefined && found?.info.etag !== ifMatch) throw refused()
}

async function* served(store: MemoryStore, bytes: Buffer, signal: AbortSignal): AsyncIterable<Uint8Array> {
  let left = store.cutAfter ?? Infinity
  for (let at = 0; at < bytes.byteLength; at += 1_000) {
    signal.throwIfAborted()
    if (left <= 0) throw broken()
    const chunk = bytes.subarray(at, Math.min(at + 1_000, at + left))
    left -= chunk.byteLength
    yield chunk
  }
}

export const memoryDriver: ObjectDriver<MemoryStore> = {
  limits: {
    maxObjectBytes: 100_000_000,
    maxPutBytes: 1_000_000,
    part: { minBytes: 1_000, maxBytes: 1_000_000, maxCount: 1_000 },
    maxDeleteKeys: 3,
  },
  toError: () => undefined,
  async head(store, { bucket, key }) {
    store.step('head')
    return store.object(bucket, key).info
  },
  async get(store, { bucket, key, range, ifMatch }, call) {
    store.step('get', { offset: range?.offset })
    const { bytes, info } = store.object(bucket, key)
    if (ifMatch !== undefined && ifMatch !== info.etag) throw refused()
    const offset = range?.offset ?? 0
    if (offset > 0 && offset >= bytes.byteLength)
      throw new ConnectorError({ code: 'invalid_input', message: 'The range begins behind the end.' })
    const part = bytes.subarray(offset, range?.length === undefined ? undefined : offset + range.length)
    return {
      info,
      offset,
      length: part.byteLength,
      body: served(store, part, call.signal),
      verify: { algorithm: 'md5', expected: info.checksums.md5 ?? '', hash: () => md5() },
    }
  },
  async put(store, request) {
    store.step('put')
    const bytes = await collect(request.body)
    checkConditions(store, request)
    const { bucket, key, body: _body, ifMatch: _ifMatch, ifNoneMatch: _ifNoneMatch, ...attributes } = request
    const { etag } = store.keep(bucket, key, bytes, attributes)
    store.step('put answered')
    return { etag }
  },
  async delete(store, { bucket, key, ifMatch }) {
    store.step('delete')
    if (ifMatch !== undefined) checkConditions(store, { bucket, key, ifMatch })
    store.bucket(bucket).delete(key)
  },
  async deleteMany(store, bucket, keys) {
    store.step(`delete ${keys.length}`)
    const objects = store.bucket(bucket)
    const locked = keys.filter((key) => key.startsWith('locked'))
    for (const key of keys) if (!locked.includes(key)) objects.delete(key)
    return locked.map((key) => ({
      key,
      error: new ConnectorError({ code: 'permission_denied', message: `${key} is locked.` }),
    }))
  },
  async copy(store, request) {
    const { source } = request
    const { bytes, info } = store.object(source.bucket, source.key)
    if (source.ifMatch !== undefined && source.ifMatch !== info.etag) throw refused()
    checkConditions(store, request)
    const { etag } = store.keep(request.bucket, request.key, bytes, request.attributes ?? attributesOf(info))
    return { etag }
  },
  async list(store, { bucket, prefix = '', delimiter, position, maxRecords }) {
    store.step('list')
    const after = position?.token ?? position?.after
    const inOrder = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other))
    const keys = [...store.bucket(bucket).keys()]
      .filter((key) => key.startsWith(prefix) && (after === undefined || inOrder(key, after) > 0))
      .toSorted(inOrder)
    const objects: ObjectInfo[] = []
    const prefixes = new Set<string>()
    let lastSeen: string | undefined
    for (const key of keys) {
      if (objects.length + prefixes.size >= maxRecords)
        return { objects, prefixes: [...prefixes], next: { token: lastSeen } }
      const cut = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length)
      if (cut < 0) objects.push(store.object(bucket, key).info)
      else prefixes.add(key.slice(0, cut + (delimiter ?? '').length))
      lastSeen = cut < 0 ? key : `${key.slice(0, cut + 1)}\u{10FFFF}`
    }
    return { objects, prefixes: [...prefixes] }
  },
  async sign(_store, { bucket, key, method }) {
    return new Secret(`https://store.example/${bucket}/${key}?method=${method}&signature=abcdefgh`)
  },
  async startUpload(store, { bucket, key }) {
    store.step('start')
    store.bucket(bucket)
    const uploadId = `upload-${store.pending.size + 1}`
    store.pending.set(uploadId, { bucket, key, parts: new Map() })
    return { bucket, key, uploadId }
  },
  async uploadPart(store, { upload, number, offset, body }) {
    store.underWay += 1
    store.mostUnderWay = Math.max(store.mostUnderWay, store.underWay)
    try {
      store.step('part', { number, offset })
      const bytes = Buffer.from(await collect(body))
      await new Promise((resolve) => setImmediate(resolve))
      pendingOf(store, upload.uploadId).parts.set(number, bytes)
      store.step('part answered', { number, offset })
      return { number, size: bytes.byteLength, etag: `part-${number}` }
    } finally {
      store.underWay -= 1
    }
  },
  async listParts(store, upload) {
    const { parts } = pendingOf(store, upload.uploadId)
    return [...parts].map(([number, bytes]) => ({ number, size: bytes.byteLength, etag: `part-${number}` }))
  },
  async completeUpload(store, { upload, parts, ...request }) {
    store.step('complete')
    const pending = pendingOf(store, upload.uploadId)
    checkConditions(store, { ...upload, ...request })
    const bytes = Buffer.concat(parts.map(({ number }) => pending.parts.get(number) ?? Buffer.from('?')))
    const { ifMatch: _ifMatch, ifNoneMatch: _ifNoneMatch, ...attributes } = request
    const { etag } = store.keep(upload.bucket, upload.key, bytes, attributes)
    store.pending.delete(upload.uploadId)
    store.step('complete answered')
    return { etag }
  },
  async abortUpload(store, { uploadId }, call) {
    call.signal.throwIfAborted()
    store.step('abort')
    store.pending.delete(uploadId)
  },
  async listUploads(store, { bucket, prefix = '' }) {
    const all = [...store.pending].filter(([, { bucket: owner, key }]) => owner === bucket && key.startsWith(prefix))
    return { uploads: all.map(([uploadId, { key }]) => ({ key, uploadId })) }
  },
  async createBucket(store, bucket) {
    if (store.buckets.has(bucket)) throw new ConnectorError({ code: 'already_exists', message: `${bucket} is there.` })
    store.buckets.set(bucket, new Map())
  },
  async deleteBucket(store, bucket) {
    if (store.bucket(bucket).size > 0)
      throw new ConnectorError({ code: 'conflict', message: `${bucket} is not empty.` })
    store.buckets.delete(bucket)
  },
  listBuckets: async (store) => [...store.buckets.keys()].map((name) => ({ name })),
}

function md5(): { update(chunk: Uint8Array): unknown; digest(): string } {
  const hash = createHash('md5')
  return { update: (chunk) => hash.update(chunk), digest: () => hash.digest('base64') }
}

function attributesOf({ contentType, metadata }: ObjectInfo): ObjectAttributes {
  return { contentType, metadata }
}

function pendingOf(store: MemoryStore, uploadId: string): Pending {
  const found = store.pending.get(uploadId)
  if (found === undefined) throw missing(`upload ${uploadId}`)
  return found
}

/** A connector over a store in memory. */
export const memory = defineConnector({
  name: 'memory-store',
  title: 'Memory',
  category: 'storage',
  contractVersion: 1,
  config: schema(() => z.strictObject({ store: z.custom<MemoryStore>() })),
  open: ({ store }): MemoryStore => store,
  toError: () => undefined,
  operations: {
    putObject: putObjectOperation(memoryDriver),
    getObject: getObjectOperation(memoryDriver),
    headObject: headObjectOperation(memoryDriver),
    deleteObject: deleteObjectOperation(memoryDriver),
    deleteObjects: deleteObjectsOperation(memoryDriver),
    copyObject: copyObjectOperation(memoryDriver),
    signUrl: signUrlOperation(memoryDriver),
    startUpload: startUploadOperation(memoryDriver),
    uploadPart: uploadPartOperation(memoryDriver),
    listParts: listPartsOperation(memoryDriver),
    completeUpload: completeUploadOperation(memoryDriver),
    abortUpload: abortUploadOperation(memoryDriver),
    createBucket: createBucketOperation(memoryDriver),
    deleteBucket: deleteBucketOperation(memoryDriver),
    listBuckets: listBucketsOperation(memoryDriver),
  },
  streams: { objects: objectsStream(memoryDriver), uploads: uploadsStream(memoryDriver) },
})

export type MemoryConnection = ReturnType<typeof memory>
