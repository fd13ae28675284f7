import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { s3 } from '../src/index.ts'

/** What no peer does: a store that answers as a test says. */
let server: Server
let answer: (request: IncomingMessage, body: Buffer, response: ServerResponse) => void
let seen: string[]
let store: ReturnType<typeof s3>

beforeEach(async () => {
  seen = []
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    seen.push(`${request.method} ${request.url}`)
    answer(request, Buffer.concat(chunks), response)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  store = s3({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forcePathStyle: true,
    credentials: { kind: 'static', accessKeyId: 'test', secretAccessKey: 'a secret of tests' },
    resilience: { retry: { maxAttempts: 1 } },
  })
})
afterEach(async () => {
  await store.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const refusal = (code: string): string =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`
const md5 = (body: Buffer, coding: 'hex' | 'base64' = 'hex'): string => createHash('md5').update(body).digest(coding)
async function* parts(): AsyncIterable<Uint8Array> {
  yield Buffer.from('by')
  yield Buffer.from('te')
}

test('bytes in memory carry their MD5, and what is stored is compared', async () => {
  let header: unknown
  answer = (request, body, response) => {
    header = request.headers['content-md5'] === md5(body, 'base64')
    response.setHeader('etag', `"${md5(body)}"`).end()
  }
  const stored = await store.putObject({ bucket: 'b', key: 'k', body: Buffer.from('bytes') })
  expect(header).toBe(true)
  expect(stored.checksums?.md5).toBe(md5(Buffer.from('bytes'), 'base64'))
})

test('an object that arrived damaged is an error, and is removed', async () => {
  answer = (_request, _body, response) => void response.setHeader('etag', `"${md5(Buffer.from('other'))}"`).end()
  await expect(store.putObject({ bucket: 'b', key: 'k', body: () => parts() })).rejects.toMatchObject({
    code: 'internal',
    applied: 'maybe',
  })
  expect(seen.at(-1)).toMatch(/^DELETE \/b\/k/)
})

test('a part that is streamed has its length, and is compared', async () => {
  let headers: IncomingMessage['headers'] = {}
  let sum = ''
  answer = (request, body, response) => {
    headers = request.headers
    response.setHeader('etag', `"${sum === '' ? md5(body) : sum}"`).end(body.byteLength === 4 ? '' : 'cut')
  }
  const upload = { bucket: 'b', key: 'k', uploadId: 'u' }
  const part = { upload, number: 1, offset: 0, last: true, body: () => parts(), length: 4 }
  expect((await store.uploadPart(part)).size).toBe(4)
  expect(headers).toMatchObject({ 'content-length': '4', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' })
  sum = '0'.repeat(32)
  await expect(store.uploadPart(part)).rejects.toMatchObject({ code: 'internal', applied: 'maybe' })
})

test("an etag is no MD5 where the key is the customer's or of KMS", async () => {
  for (const [name, value] of [
    ['x-amz-server-side-encryption-customer-algorithm', 'AES256'],
    ['x-amz-server-side-encryption', 'aws:kms'],
  ] as const) {
    answer = (_request, _body, response) =>
      void response
        .setHeader(name, value)
        .setHeader('etag', `"${'0'.repeat(32)}"`)
        .end()
    expect((await store.putObject({ bucket: 'b', key: 'k', body: Buffer.from('x') })).checksums).toEqual({})
  }
})

test('bytes from elsewhere than asked for are never handed out', async () => {
  answer = (_request, _body, response) => void response.end('0123456789')
  const get = store.getObject({ bucket: 'b', key: 'k', range: { offset: 4 } })
  await expect(get).rejects.toMatchObject({ code: 'unsupported' })
})

test.each([
  [503, 'SlowDown', { code: 'rate_limited', applied: 'no', overload: true }],
  [400, 'ExpiredToken', { code: 'unauthenticated', applied: 'no' }],
  [400, 'BadDigest', { code: 'unavailable', applied: 'no' }],
  [404, 'NoSuchBucket', { code: 'not_found', vendorCode: 'NoSuchBucket' }],
  [412, 'PreconditionFailed', { code: 'conflict', applied: 'no' }],
  [500, 'InternalError', { applied: 'maybe' }],
] as const)('%d %s', async (status, name, expected) => {
  answer = (_request, _body, response) => void response.writeHead(status).end(refusal(name))
  await expect(store.putObject({ bucket: 'b', key: 'k', body: Buffer.from('x') })).rejects.toMatchObject(expected)
})
