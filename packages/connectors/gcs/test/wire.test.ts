import { createCipheriv } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { faultProxy, googleCloudStorage, type GoogleCloudStorage, type SeenRequest } from '@casare/testing'
import { gcs } from '../src/index.ts'
import { admin, configOf } from './support.ts'

const granule = 256 * 1024
const bucket = 'casare-wire'
const once = { retry: { maxAttempts: 1 } }

let simulator: GoogleCloudStorage
let seen: SeenRequest[]
const open: { close(): Promise<void> }[] = []

beforeEach(async () => {
  simulator = await googleCloudStorage()
  await admin(simulator, 'POST', `/storage/v1/b?project=${simulator.projectId}`, JSON.stringify({ name: bucket }))
  seen = []
  trouble(() => undefined)
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
  await simulator.close()
})

/** What goes wrong with which request; the requests are kept. */
function trouble(with_: NonNullable<GoogleCloudStorage['intercept']>): void {
  simulator.intercept = (request) => {
    seen.push(request)
    return with_(request)
  }
}

/** The first request that is meant fails so, the others not. */
function first(
  means: (request: SeenRequest) => boolean,
  fault: ReturnType<NonNullable<GoogleCloudStorage['intercept']>>,
): void {
  let done = false
  trouble((request) => {
    if (done || !means(request)) return undefined
    done = true
    return fault
  })
}

function connect(more: object = {}, endpoint = simulator.url) {
  const store = gcs({ ...configOf(simulator, endpoint), ...more })
  open.push(store)
  return store
}

/** Bytes that do not repeat. */
function bytesOf(length: number): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16)).update(Buffer.alloc(length))
}

async function* streamOf(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 60_001) yield bytes.subarray(at, at + 60_001)
}

async function collect(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  if (body instanceof Uint8Array) return Buffer.from(body)
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function expectObject(key: string, bytes: Uint8Array): Promise<void> {
  const { body } = await connect().getObject({ bucket, key })
  expect(Buffer.compare(await collect(body), bytes)).toBe(0)
}

const toSession = ({ method, query }: SeenRequest): boolean => method === 'PUT' && query.has('upload_id')
const ranges = (): unknown[] => seen.filter(toSession).map(({ headers }) => headers['content-range'])

test('an upload that is cut in mid-chunk goes on where Google is', async () => {
  const bytes = bytesOf(4 * granule + 9)
  first((request) => toSession(request) && ranges().length === 2, { cutAfterBytes: 1.5 * granule })
  const input = { bucket, key: 'cut', body: streamOf(bytes), partBytes: 2 * granule }
  expect(await connect().putObject(input)).toMatchObject({ size: bytes.byteLength })
  expect(ranges()).toEqual([
    `bytes 0-${2 * granule - 1}/*`,
    `bytes ${2 * granule}-${4 * granule - 1}/*`,
    'bytes */*',
    `bytes ${3 * granule}-${4 * granule - 1}/*`,
    `bytes ${4 * granule}-${4 * granule + 8}/${4 * granule + 9}`,
  ])
  await expectObject('cut', bytes)
  expect(simulator.openUploads).toBe(0)
})

test.each([
  ['a part', false],
  ['the last part', true],
] as const)('of %s that is streamed and cut, only the rest is sent', async (_what, last) => {
  const bytes = bytesOf(4 * granule + (last ? 9 : 0))
  first(toSession, { cutAfterBytes: 2.5 * granule })
  const store = connect()
  const upload = await store.startUpload({ bucket, key: 'cut', partBytes: 4 * granule })
  const body = () => streamOf(bytes)
  const sent = await store.uploadPart({ upload, number: 1, offset: 0, last, body, length: bytes.byteLength })
  expect(ranges()).toContain(`bytes ${2 * granule}-${4 * granule - 1}/*`)
  await store.completeUpload({ upload, parts: [sent] })
  await expectObject('cut', bytes)
})

test.each(['answer lost', 'reset', { status: 503 }, { status: 429 }] as const)(
  'a chunk, the last one and the end of an upload survive: %j',
  async (fault) => {
    const bytes = bytesOf(2 * granule + 5)
    for (const wanted of [`bytes 0-`, `bytes ${2 * granule}-`]) {
      first((request) => toSession(request) && String(request.headers['content-range']).startsWith(wanted), fault)
      const key = `after ${wanted}`
      const store = connect()
      expect(await store.putObject({ bucket, key, body: streamOf(bytes), partBytes: granule })).toMatchObject({
        size: bytes.byteLength,
      })
      await expectObject(key, bytes)
    }
    expect(simulator.openUploads).toBe(0)
  },
)

test('a part that Google has already is not sent again by another process', async () => {
  const bytes = bytesOf(3 * granule + 1)
  const one = connect()
  const partBytes = granule
  const upload = await one.startUpload({ bucket, key: 'k', partBytes, size: bytes.byteLength })
  const send = (store: typeof one, number: number) => {
    const offset = (number - 1) * partBytes
    const part = bytes.subarray(offset, offset + partBytes)
    return store.uploadPart({
      upload,
      number,
      offset,
      last: number === 4,
      body: () => streamOf(part),
      length: part.length,
    })
  }
  const parts = [await send(one, 1), await send(one, 2)]
  const other = connect()
  expect((await other.listParts({ upload })).parts.map(({ number, size }) => [number, size])).toEqual([
    [1, granule],
    [2, granule],
  ])
  seen = []
  expect(await send(other, 2)).toEqual(parts[1])
  expect(ranges()).toEqual([])
  await expect(send(other, 4)).rejects.toMatchObject({ code: 'conflict', message: expect.stringMatching('one after') })
  parts.push(await send(other, 3), await send(other, 4))
  await other.completeUpload({ upload, parts })
  await expectObject('k', bytes)
})

test('damaged bytes do not become an object: the sum over all goes along with the last ones', async () => {
  const bytes = bytesOf(granule + 100)
  for (const damagedPart of [1, 2]) {
    const store = connect({ resilience: once })
    const upload = await store.startUpload({ bucket, key: 'damaged', partBytes: granule })
    first(toSession, damagedPart === 1 ? 'bytes damaged' : undefined)
    await store.uploadPart({ upload, number: 1, offset: 0, last: false, body: bytes.subarray(0, granule) })
    if (damagedPart === 2) first(toSession, 'bytes damaged')
    const rest = () => streamOf(bytes.subarray(granule))
    const last = { upload, number: 2, offset: granule, last: true, body: rest, length: 100 }
    await expect(store.uploadPart(last)).rejects.toMatchObject({ code: 'unavailable', vendorCode: 'invalid' })
    await expect(store.headObject({ bucket, key: 'damaged' })).rejects.toMatchObject({ code: 'not_found' })
  }
})

test('an upload that another process has ended is compared by the sums of its parts, and taken away where it is another', async () => {
  const bytes = bytesOf(granule + 100)
  const one = connect()
  const upload = await one.startUpload({ bucket, key: 'k', partBytes: granule })
  first(toSession, 'bytes damaged')
  const parts = [await one.uploadPart({ upload, number: 1, offset: 0, last: false, body: bytes.subarray(0, granule) })]
  const other = connect()
  parts.push(await other.uploadPart({ upload, number: 2, offset: granule, last: true, body: bytes.subarray(granule) }))
  await expect(other.completeUpload({ upload, parts })).rejects.toMatchObject({
    code: 'internal',
    message: expect.stringMatching('damaged'),
  })
  await expect(other.headObject({ bucket, key: 'k' })).rejects.toMatchObject({ code: 'not_found' })
})

test('one request: damaged bytes are refused, and sent again', async () => {
  const bytes = bytesOf(10_000)
  first(({ path }) => path.startsWith('/upload/'), 'bytes damaged')
  await expect(connect({ resilience: once }).putObject({ bucket, key: 'k', body: bytes })).rejects.toMatchObject({
    code: 'unavailable',
    applied: 'no',
  })
  first(({ path }) => path.startsWith('/upload/'), 'bytes damaged')
  await connect().putObject({ bucket, key: 'k', body: bytes })
  await expectObject('k', bytes)
})

test('a download that is damaged on its way is told at its end', async () => {
  const store = connect()
  await store.putObject({ bucket, key: 'k', body: bytesOf(100_000) })
  trouble(({ method }) => (method === 'GET' ? 'bytes damaged' : undefined))
  const { body } = await store.getObject({ bucket, key: 'k' })
  await expect(collect(body)).rejects.toMatchObject({ code: 'internal', message: expect.stringMatching('CRC32C') })
})

test('a download that is cut goes on, with the generation pinned', async () => {
  const bytes = bytesOf(3_000_000)
  await connect().putObject({ bucket, key: 'k', body: bytes })
  const proxy = await faultProxy({ host: '127.0.0.1', port: simulator.port })
  open.push(proxy)
  const store = connect({}, `http://127.0.0.1:${proxy.port}`)
  await store.headObject({ bucket, key: 'k' })
  await proxy.arm({ kind: 'reset', direction: 'response', afterBytes: 1_000_000 })
  const { body } = await store.getObject({ bucket, key: 'k' })
  expect(Buffer.compare(await collect(body), bytes)).toBe(0)
  await proxy.arm({ kind: 'reset', direction: 'response', afterBytes: 1_000_000 })
  const second = await store.getObject({ bucket, key: 'k' })
  await connect().putObject({ bucket, key: 'k', body: { text: 'another one' } })
  await expect(collect(second.body)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringMatching('changed'),
  })
})

test('a token that is not taken any more is renewed, in mid-upload too, and asked for once', async () => {
  const store = connect({ resilience: once })
  await store.putObject({ bucket, key: 'k', body: { text: 'x' } })
  simulator.revokeTokens()
  seen = []
  expect(await store.headObject({ bucket, key: 'k' })).toMatchObject({ size: 1 })
  expect(seen.map(({ path }) => path)).toEqual([`/storage/v1/b/${bucket}/o/k`, '/token', `/storage/v1/b/${bucket}/o/k`])

  const bytes = bytesOf(3 * granule + 3)
  let chunks = 0
  trouble((request) => {
    if (toSession(request) && ++chunks === 2) simulator.revokeTokens()
    return undefined
  })
  await store.putObject({ bucket, key: 'large', body: streamOf(bytes), partBytes: granule })
  await expectObject('large', bytes)
})

test('a token that was given is not renewed', async () => {
  const credentials = { kind: 'accessToken', token: simulator.issueToken({ lifetimeMs: -1 }) } as const
  await expect(connect({ credentials }).headObject({ bucket, key: 'k' })).rejects.toMatchObject({
    code: 'unauthenticated',
    applied: 'no',
    status: 401,
  })
  expect(seen).toHaveLength(1)
})

test("without a token nothing is sent: a key that is not the account's, a token endpoint that is out of order", async () => {
  const { generateKeyPairSync } = await import('node:crypto')
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const { clientEmail } = configOf(simulator).credentials
  const wrong = connect({ credentials: { kind: 'serviceAccount', clientEmail, privateKey } })
  await expect(wrong.listBuckets({})).rejects.toMatchObject({
    code: 'unauthenticated',
    message: expect.stringMatching('Invalid JWT Signature'),
  })
  trouble(({ path }) => (path === '/token' ? { status: 503 } : undefined))
  await expect(connect({ resilience: once }).listBuckets({})).rejects.toMatchObject({
    code: 'unavailable',
    applied: 'no',
  })
  expect(new Set(seen.map(({ path }) => path))).toEqual(new Set(['/token']))
})

test('a workload of another identity provider gets its tokens by exchange', async () => {
  const { mkdtemp, rm, writeFile } = await import('node:fs/promises')
  const { join } = await import('node:path')
  const folder = await mkdtemp(join((await import('node:os')).tmpdir(), 'casare-gcs-'))
  open.push({ close: () => rm(folder, { recursive: true }) })
  const file = join(folder, 'token')
  await writeFile(file, simulator.subjectToken)
  const configuration = {
    type: 'external_account' as const,
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${simulator.url}/token`,
    credential_source: { file },
  }
  const credentials = { kind: 'workloadIdentity', configuration } as const
  const store = connect({ credentials })
  await store.putObject({ bucket, key: 'k', body: { text: 'x' } })
  simulator.revokeTokens()
  expect(await store.headObject({ bucket, key: 'k' })).toMatchObject({ size: 1 })
  const path = join(folder, 'key.json')
  await writeFile(path, JSON.stringify(simulator.serviceAccount))
  const byFile = connect({ credentials: { kind: 'keyFile', path } })
  expect(await byFile.headObject({ bucket, key: 'k' })).toMatchObject({ size: 1 })
  await writeFile(path, '{"type":"something else"}')
  const broken = connect({ credentials: { kind: 'keyFile', path } })
  await expect(broken.headObject({ bucket, key: 'k' })).rejects.toMatchObject({ code: 'invalid_input' })
})

test('a session that is over is not found, and an upload begins again elsewhere', async () => {
  const store = connect()
  const upload = await store.startUpload({ bucket, key: 'k', partBytes: granule })
  simulator.expireUploads()
  await expect(store.listParts({ upload })).rejects.toMatchObject({ code: 'not_found', status: 410 })
  const part = { upload, number: 1, offset: 0, last: true, body: { text: 'x' } }
  await expect(store.uploadPart(part)).rejects.toMatchObject({ code: 'not_found' })
  await store.abortUpload({ upload })
})

test('an id of an upload leads nowhere but to a session', async () => {
  const uploadId = Buffer.from(JSON.stringify({ id: '../../x?a=b&c#d' })).toString('base64url')
  const upload = { bucket, key: 'k', uploadId }
  await expect(connect().listParts({ upload })).rejects.toMatchObject({ code: 'not_found' })
  expect(seen.at(-1)).toMatchObject({ path: `/upload/storage/v1/b/${bucket}/o`, method: 'PUT' })
  for (const bad of ['x', Buffer.from('{}').toString('base64url'), Buffer.from('null').toString('base64url')])
    await expect(connect().listParts({ upload: { ...upload, uploadId: bad } })).rejects.toMatchObject({
      code: 'invalid_input',
    })
})

test('conditions of an upload hold from its beginning to its end', async () => {
  const store = connect()
  const { etag } = await store.putObject({ bucket, key: 'k', body: { text: 'one' } })
  const upload = await store.startUpload({ bucket, key: 'k', ifMatch: etag })
  const sent = await store.uploadPart({ upload, number: 1, offset: 0, last: true, body: { text: 'two' } })
  await expect(store.completeUpload({ upload, parts: [sent], ifNoneMatch: '*' })).rejects.toMatchObject({
    code: 'invalid_input',
  })
  await store.completeUpload({ upload, parts: [sent], ifMatch: etag })
  const late = await store.startUpload({ bucket, key: 'l', ifNoneMatch: '*' })
  await store.putObject({ bucket, key: 'l', body: { text: 'first' } })
  const part = { upload: late, number: 1, offset: 0, last: true, body: { text: 'second' } }
  await expect(store.uploadPart(part)).rejects.toMatchObject({ code: 'conflict', status: 412 })
  await expectObject('l', Buffer.from('first'))
  await expect(store.putObject({ bucket, key: 'l', body: { text: '' }, ifMatch: '"abc"' })).rejects.toMatchObject({
    code: 'conflict',
  })
})

test('a large copy takes several calls, and is one for its user', async () => {
  const bytes = bytesOf(2_500_000)
  const store = connect()
  await store.putObject({ bucket, key: 'k', body: bytes, metadata: { a: '1' } })
  simulator.setRewriteBytes(1024 * 1024)
  await store.copyObject({ bucket, key: 'copy', source: { bucket, key: 'k' } })
  expect(seen.filter(({ path }) => path.includes('rewriteTo'))).toHaveLength(3)
  await expectObject('copy', bytes)
  expect(await store.headObject({ bucket, key: 'copy' })).toMatchObject({ metadata: { a: '1' } })
})

test('of a version that was replaced the bytes are still there, where the bucket keeps them', async () => {
  await admin(simulator, 'PATCH', `/storage/v1/b/${bucket}`, JSON.stringify({ versioning: { enabled: true } }))
  const store = connect()
  const { version } = await store.putObject({ bucket, key: 'k', body: { text: 'one' } })
  await store.putObject({ bucket, key: 'k', body: { text: 'two' } })
  expect(String(await collect((await store.getObject({ bucket, key: 'k', version })).body))).toBe('one')
  await store.deleteObject({ bucket, key: 'k', version })
  await expect(store.getObject({ bucket, key: 'k', version })).rejects.toMatchObject({ code: 'not_found' })
})

test('too many requests and an overload are told with their time', async () => {
  const store = connect({ resilience: once })
  const head = () => store.headObject({ bucket, key: 'k' })
  // The token comes first: its endpoint is not meant.
  trouble(({ path }) => (path === '/token' ? undefined : { status: 429, retryAfterSeconds: 2 }))
  await expect(head()).rejects.toMatchObject({ code: 'rate_limited', applied: 'no', retryAfterMs: 2_000 })
  trouble(() => ({ status: 503, retryAfterSeconds: 3 }))
  await expect(head()).rejects.toMatchObject({ code: 'unavailable', retryAfterMs: 3_000, status: 503 })
})

test('only some keys may be deleted: each is told', async () => {
  const store = connect()
  for (const key of ['a', 'b', 'c']) await store.putObject({ bucket, key, body: { text: key } })
  trouble(({ method, path }) =>
    method === 'DELETE' && path.endsWith('/b') ? { status: 403, reason: 'forbidden' } : undefined,
  )
  const answer = await store.deleteObjects({ bucket, keys: ['a', 'b', 'c', 'none'] })
  expect(answer).toMatchObject({ deleted: 3, failed: [{ key: 'b', error: { code: 'permission_denied' } }] })
})

test("a client of one's own is used as it is, and its requests are not repeated", async () => {
  const { Storage } = await import('@google-cloud/storage')
  const { PassThroughClient } = await import('google-auth-library')
  const authClient = new PassThroughClient()
  const token = simulator.issueToken()
  authClient.getRequestHeaders = async () => new Headers({ authorization: `Bearer ${token}` })
  const { projectId, url: apiEndpoint } = simulator
  const client = new Storage({ apiEndpoint, projectId, authClient, useAuthWithCustomEndpoint: true })
  const store = gcs({ client })
  open.push(store)
  await store.putObject({ bucket, key: 'k', body: { text: 'x' } })
  expect((await store.$.client()).sdk).toBe(client)
})

test('a check asks for the buckets of the project, and does not need the right to', async () => {
  await connect().$.check()
  expect(seen.at(-1)).toMatchObject({ method: 'GET', path: '/storage/v1/b' })
  const scopes = ['https://www.googleapis.com/auth/drive']
  await connect({ credentials: { kind: 'accessToken', token: simulator.issueToken({ scopes }) } }).$.check()
  simulator.revokeTokens()
  const token = simulator.issueToken({ lifetimeMs: -1 })
  await expect(connect({ credentials: { kind: 'accessToken', token } }).$.check()).rejects.toMatchObject({
    code: 'unauthenticated',
  })
})

test('nobody sends no token', async () => {
  const { projectId: _none, ...config } = configOf(simulator)
  const store = gcs({ ...config, credentials: { kind: 'anonymous' } })
  open.push(store)
  await expect(store.headObject({ bucket, key: 'k' })).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(seen[0]?.headers['authorization']).toBeUndefined()
})
