import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { CRC32C, Storage, type Bucket, type CreateWriteStreamOptions, type File } from '@google-cloud/storage'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { GoogleAuth, JWT } from 'google-auth-library'
import { faultProxy, googleCloudStorage, type GoogleCloudStorage } from '../src/index.ts'

const granule = 256 * 1024

let simulator: GoogleCloudStorage
let bucket: Bucket
beforeEach(async () => {
  simulator = await googleCloudStorage({ maxBytes: 64 * 1024 * 1024 })
  ;[bucket] = await clientOf().createBucket('casare-test')
})
afterEach(() => simulator.close())

/** Google's own client, as its users have it but for where it goes: its tokens come from the simulator, too. */
function clientOf(apiEndpoint = simulator.url, key = simulator.serviceAccount.private_key): Storage {
  const { projectId, url, serviceAccount } = simulator
  const authClient = new JWT({
    email: serviceAccount.client_email,
    key,
    scopes: ['https://www.googleapis.com/auth/devstorage.full_control'],
    transporterOptions: {
      // The library knows one place for tokens, whatever the key file says.
      fetchImplementation: (address: string | URL | Request, init?: RequestInit) => {
        const toGoogle = address instanceof URL && address.href === 'https://oauth2.googleapis.com/token'
        return fetch(toGoogle ? `${url}/token` : address, init)
      },
    },
  })
  const auth = new GoogleAuth({ authClient, projectId })
  // Said to the constructor, the library warns on the console; signing needs it.
  auth.jsonContent = serviceAccount
  return new Storage({
    apiEndpoint,
    projectId,
    authClient: auth,
    useAuthWithCustomEndpoint: true,
    retryOptions: { autoRetry: false, maxRetries: 0 },
  })
}

async function refused(promised: Promise<unknown>): Promise<{ code: unknown; reason: unknown; message: string }> {
  const error: unknown = await promised.then(
    () => undefined,
    (failure: unknown) => failure,
  )
  const { code, errors, message } = error as Error & { code?: unknown; errors?: readonly { reason?: unknown }[] }
  return { code, reason: errors?.[0]?.reason, message }
}

/** Through a session: the client does not authorise those that it begins itself at an address of its user's. */
async function upload(file: File, bytes: Uint8Array, options: CreateWriteStreamOptions = {}): Promise<void> {
  const { metadata, preconditionOpts } = options
  const begin = { ...(metadata && { metadata }), ...(preconditionOpts && { preconditionOpts }) }
  const [uri] = await file.createResumableUpload(begin)
  await send(file, bytes, { ...options, uri })
}

async function send(file: File, bytes: Uint8Array, options: CreateWriteStreamOptions): Promise<void> {
  const stream = file.createWriteStream({ resumable: true, ...options })
  const finished = once(stream, 'finish')
  Readable.from(pieces(bytes)).pipe(stream)
  await finished
}

function* pieces(bytes: Uint8Array, size = 50_001): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('base64')
const crc32c = (bytes: Uint8Array): string => {
  const sum = new CRC32C()
  sum.update(Buffer.from(bytes))
  return sum.toString()
}

/** Comparing long buffers as values takes Jest seconds. */
async function expectBytes(file: File, bytes: Uint8Array): Promise<void> {
  const [found] = await file.download({ decompress: false })
  expect(found.byteLength).toBe(bytes.byteLength)
  expect(Buffer.compare(found, bytes)).toBe(0)
}

describe("Google's client", () => {
  test('makes, finds, lists and deletes buckets', async () => {
    const storage = clientOf()
    await storage.createBucket('casare-other', { location: 'EU' })
    const [buckets] = await storage.getBuckets()
    expect(buckets.map(({ name }) => name)).toEqual(['casare-other', 'casare-test'])
    expect((await storage.bucket('casare-other').getMetadata())[0]).toMatchObject({ location: 'EU' })
    expect(await refused(storage.createBucket('casare-other'))).toMatchObject({ code: 409, reason: 'conflict' })
    expect(await refused(storage.createBucket('Not_A_Name'))).toMatchObject({ code: 400, reason: 'invalid' })
    await bucket.file('a').save('x', { resumable: false })
    expect(await refused(bucket.delete())).toMatchObject({ code: 409, reason: 'conflict' })
    await storage.bucket('casare-other').delete()
    expect(await storage.bucket('casare-other').exists()).toEqual([false])
    expect(await refused(storage.bucket('casare-none').getFiles())).toMatchObject({ code: 404, reason: 'notFound' })
  })

  test.each([0, 1, 300_001])('stores %i bytes at once, with sums that it checks itself', async (length) => {
    const bytes = randomBytes(length)
    const file = bucket.file('dir/grüße 🦊?#%.bin')
    await file.save(bytes, { resumable: false, validation: 'crc32c', metadata: { metadata: { owner: 'casare' } } })
    await expectBytes(file, bytes)
    const [metadata] = await file.getMetadata()
    const size = String(length)
    expect(metadata).toMatchObject({
      size,
      md5Hash: md5(bytes),
      crc32c: crc32c(bytes),
      metadata: { owner: 'casare' },
    })
  })

  test.each([1, granule, 3 * granule, 700_001])('uploads %i bytes in a session, in chunks or not', async (length) => {
    const bytes = randomBytes(length)
    for (const chunkSize of [undefined, granule, 2 * granule]) {
      const file = bucket.file(`chunks of ${chunkSize}`)
      await upload(file, bytes, { ...(chunkSize && { chunkSize }), metadata: { contentType: 'a/b' } })
      await expectBytes(file, bytes)
      expect((await file.getMetadata())[0]).toMatchObject({ contentType: 'a/b', md5Hash: md5(bytes) })
    }
    expect(simulator.openUploads).toBe(0)
  })

  test('goes on with an upload that was cut in mid-chunk, with what had arrived', async () => {
    const bytes = randomBytes(6 * granule + 77)
    const proxy = await faultProxy({ host: '127.0.0.1', port: simulator.port })
    const file = bucket.file('cut')
    const [uri] = await file.createResumableUpload()
    const throughProxy = uri.replace(simulator.url, `http://127.0.0.1:${proxy.port}`)
    await proxy.arm({ kind: 'reset', direction: 'request', afterBytes: 3.5 * granule })
    expect(await refused(send(file, bytes, { uri: throughProxy }))).not.toMatchObject({ message: '' })
    await proxy.close()
    const ask = () => fetch(uri, { method: 'PUT', headers: { 'content-range': 'bytes */*' } })
    let status = await ask()
    // The simulator learns of the cut a moment after the client.
    for (let tries = 0; tries < 100 && status.headers.get('range') === null; tries += 1) {
      await sleep(20)
      status = await ask()
    }
    expect([status.status, status.headers.get('range')]).toEqual([308, `bytes=0-${3 * granule - 1}`])
    expect(await file.exists()).toEqual([false])
    await send(file, bytes, { uri, chunkSize: granule })
    await expectBytes(file, bytes)
  })

  test('keeps its preconditions', async () => {
    const file = bucket.file('k')
    const only = (ifGenerationMatch: number | string) => ({ resumable: false, preconditionOpts: { ifGenerationMatch } })
    await file.save('one', only(0))
    const generation = String((await file.getMetadata())[0].generation)
    expect(await refused(file.save('two', only(0)))).toMatchObject({ code: 412, reason: 'conditionNotMet' })
    await file.save('two', only(generation))
    expect(await refused(file.save('three', only(generation)))).toMatchObject({ code: 412 })
    expect(await refused(upload(file, randomBytes(9), { preconditionOpts: { ifGenerationMatch: 0 } }))).toMatchObject({
      code: 412,
    })
    expect(await refused(file.delete({ ifGenerationMatch: generation }))).toMatchObject({ code: 412 })
    const [{ metageneration }] = await file.setMetadata({ contentType: 'text/x' }, { ifMetagenerationMatch: 1 })
    expect(metageneration).toBe('2')
    expect(await refused(file.setMetadata({ contentType: 'text/y' }, { ifMetagenerationMatch: 1 }))).toMatchObject({
      code: 412,
    })
    await expectBytes(file, Buffer.from('two'))
  })

  test('checks the sums that it is told, and stores nothing that is not theirs', async () => {
    const file = bucket.file('k')
    const wrong = crc32c(Buffer.from('other'))
    const metadata = { crc32c: wrong }
    expect(await refused(file.save('x', { resumable: false, metadata }))).toMatchObject({
      code: 400,
      reason: 'invalid',
    })
    const header = { 'x-goog-hash': `crc32c=${wrong}`, 'content-range': 'bytes 0-0/1' }
    const [uri] = await file.createResumableUpload()
    expect((await fetch(uri, { method: 'PUT', body: 'x', headers: header })).status).toBe(400)
    expect(await file.exists()).toEqual([false])
    expect(simulator.heldBytes).toBe(0)
  })

  test('lists by prefix, delimiter, offset and page', async () => {
    const names = ['a/1', 'a/2', 'a/b/3', 'c', 'd/4', 'é', '🦊', '\uffee']
    await Promise.all(names.map((name) => bucket.file(name).save(name, { resumable: false })))
    const inOrder = names.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
    const named = ([files]: [File[], ...unknown[]]) => files.map(({ name }) => name)
    expect(named(await bucket.getFiles())).toEqual(inOrder)
    expect(named(await bucket.getFiles({ prefix: 'a/' }))).toEqual(['a/1', 'a/2', 'a/b/3'])
    expect(named(await bucket.getFiles({ startOffset: 'a/b', endOffset: 'd' }))).toEqual(['a/b/3', 'c'])
    const pages: unknown[] = []
    let query: object | null = { delimiter: '/', maxResults: 2, autoPaginate: false }
    while (query !== null) {
      const [files, next, answer]: [File[], object | null, unknown] = await bucket.getFiles(query)
      pages.push([files.map(({ name }) => name), (answer as { prefixes?: unknown }).prefixes ?? []])
      query = next
    }
    expect(pages).toEqual([
      [['c'], ['a/']],
      [['é'], ['d/']],
      [['\uffee', '🦊'], []],
    ])
  })

  test('keeps versions where the bucket does, and reads them', async () => {
    await bucket.setMetadata({ versioning: { enabled: true } })
    const file = bucket.file('k')
    for (const text of ['one', 'two']) await file.save(text, { resumable: false })
    await file.delete()
    expect(await file.exists()).toEqual([false])
    const [versions] = await bucket.getFiles({ versions: true })
    const texts = await Promise.all(versions.map(async (version) => String((await version.download())[0])))
    expect(texts).toEqual(['one', 'two'])
    expect(versions.map(({ metadata }) => metadata.timeDeleted !== undefined)).toEqual([true, true])
    await Promise.all(versions.map((version) => version.delete()))
    expect((await bucket.getFiles({ versions: true }))[0]).toEqual([])
  })

  test('reads ranges, and is told where there is nothing', async () => {
    const file = bucket.file('k')
    await file.save('0123456789', { resumable: false })
    expect(String((await file.download({ start: 2, end: 4 }))[0])).toBe('234')
    expect(String((await file.download({ start: 8 }))[0])).toBe('89')
    expect(await refused(file.download({ start: 10 }))).toMatchObject({ code: 416 })
    expect(await refused(bucket.file('none').download())).toMatchObject({ code: 404 })
  })

  test('copies, in several calls where the object is large', async () => {
    const bytes = randomBytes(2 * 1024 * 1024 + 5)
    const file = bucket.file('from/ü')
    await file.save(bytes, { resumable: false, contentType: 'text/csv', metadata: { metadata: { a: '1' } } })
    simulator.setRewriteBytes(1024 * 1024)
    let calls = 0
    simulator.intercept = ({ path }) => {
      calls += path.includes('rewriteTo') ? 1 : 0
      return undefined
    }
    const [copy] = await file.copy(bucket.file('to'))
    expect(calls).toBe(3)
    await expectBytes(copy, bytes)
    expect((await copy.getMetadata())[0]).toMatchObject({ contentType: 'text/csv', metadata: { a: '1' } })
    await file.copy(bucket.file('to'), { contentType: 'text/plain', metadata: { b: '2' } })
    expect((await copy.getMetadata())[0]).toMatchObject({ contentType: 'text/plain', metadata: { b: '2' } })
    expect(await refused(bucket.file('none').copy('to'))).toMatchObject({ code: 404 })
  })

  test('composes up to 32 objects', async () => {
    const names = Array.from({ length: 33 }, (_one, index) => `part ${index}`)
    await Promise.all(names.map((name) => bucket.file(name).save(`${name};`, { resumable: false })))
    const sources = names.slice(0, 32)
    const [whole] = await bucket.combine(sources, 'whole')
    const bytes = Buffer.from(sources.map((name) => `${name};`).join(''))
    await expectBytes(whole, bytes)
    const [metadata] = await whole.getMetadata()
    expect(metadata).toMatchObject({ componentCount: 32, crc32c: crc32c(bytes) })
    expect(metadata.md5Hash).toBeUndefined()
    expect(await refused(bucket.combine(names, 'too many'))).toMatchObject({ code: 400 })
  })

  test('signs URLs that work without credentials until they are over, for what they are for', async () => {
    const file = bucket.file('signed/ä +.txt')
    const expires = Date.now() + 60_000
    const [put] = await file.getSignedUrl({ version: 'v4', action: 'write', expires, contentType: 'text/x' })
    const headers = { 'content-type': 'text/x' }
    expect((await fetch(put, { method: 'PUT', body: 'by URL', headers })).status).toBe(200)
    expect((await fetch(put, { method: 'PUT', body: 'by URL', headers: { 'content-type': 'text/y' } })).status).toBe(
      403,
    )
    const [get] = await file.getSignedUrl({ version: 'v4', action: 'read', expires, responseDisposition: 'inline' })
    const answer = await fetch(get)
    expect([await answer.text(), answer.headers.get('content-type')]).toEqual(['by URL', 'text/x'])
    expect(answer.headers.get('content-disposition')).toBe('inline')
    expect((await fetch(get.replace('.txt', '.csv'))).status).toBe(403)
    expect((await fetch(get, { method: 'DELETE' })).status).toBe(403)
    const accessibleAt = Date.now() - 20_000
    const [over] = await file.getSignedUrl({ version: 'v4', action: 'read', accessibleAt, expires: Date.now() + 1_000 })
    expect((await fetch(over)).status).toBe(200)
    await sleep(2_000)
    expect((await fetch(over)).status).toBe(400)
  })

  test('gets a token for its key, and none for another', async () => {
    const { privateKey } = await import('node:crypto').then(({ generateKeyPairSync }) =>
      generateKeyPairSync('rsa', {
        modulusLength: 2_048,
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      }),
    )
    const wrong = clientOf(simulator.url, privateKey).getBuckets()
    expect((await refused(wrong)).message).toMatch('Invalid JWT Signature.')
    simulator.revokeTokens()
    expect(await refused(bucket.getFiles())).toMatchObject({ code: 401, reason: 'authError' })
  })

  test('learns of an upload that is over, and of one that was given up', async () => {
    const file = bucket.file('k')
    const [over] = await file.createResumableUpload()
    simulator.expireUploads()
    expect(await refused(send(file, randomBytes(9), { uri: over }))).toMatchObject({ code: 410 })
    const [given] = await file.createResumableUpload()
    expect((await fetch(given, { method: 'DELETE' })).status).toBe(499)
    expect((await fetch(given, { method: 'PUT', headers: { 'content-range': 'bytes */*' } })).status).toBe(499)
    expect([simulator.openUploads, simulator.heldBytes]).toEqual([0, 0])
  })
})

describe('the simulator is strict', () => {
  const get = (path: string, token?: string) =>
    fetch(`${simulator.url}${path}`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })
  const sessionOf = async (name: string, headers: Record<string, string> = {}) => {
    const address = `${simulator.url}/upload/storage/v1/b/casare-test/o?uploadType=resumable&name=${name}`
    const authorization = `Bearer ${simulator.issueToken()}`
    const { headers: answered } = await fetch(address, { method: 'POST', headers: { authorization, ...headers } })
    const uri = answered.get('location') ?? ''
    return (range: string, body?: Uint8Array<ArrayBuffer>) =>
      fetch(uri, { method: 'PUT', headers: { 'content-range': range }, ...(body === undefined ? {} : { body }) })
  }

  test('about tokens', async () => {
    const path = '/storage/v1/b/casare-test/o'
    const reason = async (answer: Promise<Response>) => {
      const { error } = (await (await answer).json()) as { error: { code: number; errors: { reason: string }[] } }
      return [error.code, error.errors[0]?.reason]
    }
    expect(await reason(get(path))).toEqual([401, 'required'])
    expect(await reason(get(path, 'made-up'))).toEqual([401, 'authError'])
    expect(await reason(get(path, simulator.issueToken({ lifetimeMs: -1 })))).toEqual([401, 'authError'])
    const scoped = (scope: string) => simulator.issueToken({ scopes: [`https://www.googleapis.com/auth/${scope}`] })
    expect((await get(path, scoped('devstorage.read_only'))).status).toBe(200)
    expect(await reason(get(path, scoped('drive')))).toEqual([403, 'insufficientPermissions'])
    const headers = { authorization: `Bearer ${scoped('devstorage.read_only')}` }
    const removal = await fetch(`${simulator.url}${path}/k`, { method: 'DELETE', headers })
    expect(removal.status).toBe(403)
  })

  test('about chunks: a multiple of 256 KiB unless last, without gaps, and none twice', async () => {
    const bytes = randomBytes(granule + 10)
    const put = await sessionOf('k')
    expect((await put('bytes 0-99/*', bytes.subarray(0, 100))).status).toBe(400)
    expect((await put(`bytes ${granule}-${2 * granule - 1}/*`, bytes.subarray(0, granule))).status).toBe(400)
    for (let again = 0; again < 2; again += 1) {
      const { status, headers } = await put(`bytes 0-${granule - 1}/*`, bytes.subarray(0, granule))
      expect([status, headers.get('range')]).toEqual([308, `bytes=0-${granule - 1}`])
    }
    const end = `bytes ${granule}-${granule + 9}/${granule + 10}`
    for (let again = 0; again < 2; again += 1) {
      const answer = await put(end, bytes.subarray(granule))
      expect([answer.status, ((await answer.json()) as { md5Hash: string }).md5Hash]).toEqual([200, md5(bytes)])
    }
    const declared = await sessionOf('l', { 'x-upload-content-length': '20' })
    expect((await declared('bytes 0-9/10', bytes.subarray(0, 10))).status).toBe(400)
  })

  test('about parameters it does not know, and about room', async () => {
    const token = simulator.issueToken()
    expect((await get('/storage/v1/b/casare-test/o?matchGlob=*', token)).status).toBe(400)
    const put = await sessionOf('large')
    expect((await put('bytes 0-*/*', randomBytes(65 * 1024 * 1024))).status).toBe(413)
    expect(simulator.heldBytes).toBe(0)
  })

  test('and goes wrong on demand', async () => {
    const file = bucket.file('k')
    await file.save('text', { resumable: false })
    simulator.intercept = () => ({ status: 503, retryAfterSeconds: 2 })
    expect(await refused(file.download())).toMatchObject({ code: 503 })
    simulator.intercept = () => 'reset'
    expect(await refused(file.download())).toMatchObject({ code: 'ECONNRESET' })
    simulator.intercept = () => 'bytes damaged'
    expect(await refused(file.download())).toMatchObject({ code: 'CONTENT_DOWNLOAD_MISMATCH' })
    simulator.intercept = () => 'answer lost'
    expect(await refused(file.delete())).toMatchObject({ code: 'ECONNRESET' })
    simulator.intercept = undefined
    expect(await file.exists()).toEqual([false])
  })
})
