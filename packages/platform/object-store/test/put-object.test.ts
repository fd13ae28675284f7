import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { ConnectorError } from '@casare/core'
import { broken, memory, MemoryStore, type MemoryConnection } from './memory-store.ts'

let store: MemoryStore
let connection: MemoryConnection

beforeEach(() => {
  store = new MemoryStore()
  store.buckets.set('b', new Map())
  connection = memory({ store })
})
afterEach(() => connection.close())

const bytesOf = (length: number): Buffer => Buffer.from(Array.from({ length }, (_one, index) => (index * 31) % 251))

async function* streamOf(bytes: Uint8Array, chunk = 700): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += chunk) yield bytes.subarray(at, at + chunk)
}

const kept = (key: string): Buffer => store.object('b', key).bytes

test.each([0, 1, 999, 1_000, 1_001, 2_000, 12_345])('a stream of %i bytes arrives whole', async (length) => {
  const bytes = bytesOf(length)
  const stored = await connection.putObject({ bucket: 'b', key: 'k', body: streamOf(bytes), partBytes: 1_000 })
  expect(kept('k').equals(bytes)).toBe(true)
  expect(stored.size).toBe(length)
  expect(store.pending.size).toBe(0)
  expect(store.log.includes('start')).toBe(length > 1_000)
})

test('parts go side by side, no more than allowed', async () => {
  await connection.putObject({
    bucket: 'b',
    key: 'k',
    body: streamOf(bytesOf(20_000)),
    partBytes: 1_000,
    concurrency: 3,
  })
  expect(store.mostUnderWay).toBe(3)
})

test('a part that fails is sent again, also where the stream could not be read again', async () => {
  let failures = 2
  store.trouble = (step, { number }) => {
    if (step === 'part answered' && number === 2 && failures-- > 0) throw broken()
  }
  const bytes = bytesOf(5_000)
  await connection.putObject({ bucket: 'b', key: 'k', body: streamOf(bytes), partBytes: 1_000 })
  expect(kept('k').equals(bytes)).toBe(true)
})

test('an upload that cannot succeed is given up, and its parts are gone', async () => {
  store.trouble = (step, { number }) => {
    if (step === 'part' && number === 3) throw new ConnectorError({ code: 'permission_denied', message: 'No.' })
  }
  const put = connection.putObject({ bucket: 'b', key: 'k', body: streamOf(bytesOf(9_000)), partBytes: 1_000 })
  await expect(put).rejects.toMatchObject({ code: 'permission_denied' })
  expect(store.pending.size).toBe(0)
  expect(store.bucket('b').has('k')).toBe(false)
})

test('a source that fails in the middle leaves nothing behind', async () => {
  async function* failing(): AsyncIterable<Uint8Array> {
    yield bytesOf(2_500)
    throw new Error('the disk broke')
  }
  await expect(connection.putObject({ bucket: 'b', key: 'k', body: failing(), partBytes: 1_000 })).rejects.toThrow()
  expect(store.pending.size).toBe(0)
})

test('an abort leaves nothing behind', async () => {
  const controller = new AbortController()
  async function* slow(): AsyncIterable<Uint8Array> {
    yield bytesOf(2_500)
    controller.abort()
    await new Promise((resolve) => setTimeout(resolve, 20))
    yield bytesOf(2_500)
  }
  const put = connection.putObject(
    { bucket: 'b', key: 'k', body: slow(), partBytes: 1_000 },
    { signal: controller.signal },
  )
  await expect(put).rejects.toMatchObject({ code: 'cancelled' })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(store.pending.size).toBe(0)
})

test('the answer to completing is lost: the upload is not taken for lost', async () => {
  let lost = true
  store.trouble = (step) => {
    if (step === 'complete answered' && lost) {
      lost = false
      throw broken()
    }
  }
  const bytes = bytesOf(3_000)
  await connection.putObject({ bucket: 'b', key: 'k', body: () => streamOf(bytes), partBytes: 1_000 })
  expect(kept('k').equals(bytes)).toBe(true)
})

test('a conditional write whose answer was lost is recognised by its bytes', async () => {
  let lost = true
  store.trouble = (step) => {
    if (step === 'put answered' && lost) {
      lost = false
      throw broken()
    }
  }
  const stored = await connection.putObject({ bucket: 'b', key: 'k', body: { text: 'once' }, ifNoneMatch: '*' })
  expect(stored.etag).toBe(store.object('b', 'k').info.etag)
})

test('a conditional write that somebody else has won stays a conflict', async () => {
  await connection.putObject({ bucket: 'b', key: 'k', body: { text: 'theirs' } })
  const put = connection.putObject({ bucket: 'b', key: 'k', body: { text: 'mine' }, ifNoneMatch: '*' })
  await expect(put).rejects.toMatchObject({ code: 'conflict' })
})

test.each([
  [{ body: streamOf(bytesOf(3_000)), maxBytes: 2_000, partBytes: 1_000 }, /more than 2000 bytes/],
  [{ body: bytesOf(10), partBytes: 10 }, /partBytes must be from 1000/],
  [{ body: () => streamOf(bytesOf(1)), partBytes: 1_000, maxBytes: 99_000_000 }, /too small/],
])('what the store does not allow is refused: %#', async (input, message) => {
  const put = connection.putObject({ bucket: 'b', key: 'k', ...input })
  await expect(put).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringMatching(message) })
  expect(store.pending.size).toBe(0)
})

test.each(['', 'a\0b', '\uD800', 'x'.repeat(1_025), 'ü'.repeat(513)])('key %j is refused', async (key) => {
  await expect(connection.putObject({ bucket: 'b', key, body: { text: '' } })).rejects.toMatchObject({
    code: 'invalid_input',
  })
})
