import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { broken, memory, MemoryStore, type MemoryConnection } from './memory-store.ts'

let store: MemoryStore
let connection: MemoryConnection
const bytes = Buffer.from(Array.from({ length: 10_000 }, (_one, index) => (index * 7) % 253))

beforeEach(async () => {
  store = new MemoryStore()
  store.buckets.set('b', new Map())
  connection = memory({ store })
  await connection.putObject({ bucket: 'b', key: 'k', body: bytes })
  store.log.length = 0
})
afterEach(() => connection.close())

async function read(range?: { offset: number; length?: number }): Promise<Buffer> {
  const { body } = await connection.getObject({ bucket: 'b', key: 'k', range })
  const chunks: Uint8Array[] = []
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

test('a broken body is resumed where it broke off', async () => {
  store.cutAfter = 3_300
  expect((await read()).equals(bytes)).toBe(true)
  expect(store.log.filter((step) => step === 'get')).toHaveLength(4)
})

test('a range is resumed within its bounds', async () => {
  store.cutAfter = 1_200
  expect((await read({ offset: 100, length: 5_000 })).equals(bytes.subarray(100, 5_100))).toBe(true)
  expect((await read({ offset: 9_990 })).equals(bytes.subarray(9_990))).toBe(true)
})

test('another etag than the one asked for is a conflict', async () => {
  const get = connection.getObject({ bucket: 'b', key: 'k', ifMatch: '"old"' })
  await expect(get).rejects.toMatchObject({ code: 'conflict' })
})

test('a change while it is read is a conflict', async () => {
  store.cutAfter = 2_000
  const { body } = await connection.getObject({ bucket: 'b', key: 'k' })
  const reading = (async () => {
    let first = true
    for await (const _chunk of body as AsyncIterable<Uint8Array>) {
      if (first) store.keep('b', 'k', Buffer.from('another'), {})
      first = false
    }
  })()
  await expect(reading).rejects.toMatchObject({ code: 'conflict', message: expect.stringMatching(/changed while/) })
})

test('damage is never silent', async () => {
  const { bytes: there } = store.object('b', 'k')
  there.writeUInt8(there.readUInt8(5_000) ^ 1, 5_000)
  await expect(read()).rejects.toMatchObject({ code: 'internal', message: expect.stringMatching(/damaged/) })
  // A range has no sum of its own.
  expect(await read({ offset: 0, length: 10 })).toHaveLength(10)
})

test('a store that stays away is given up on', async () => {
  store.cutAfter = 1_000
  let gets = 0
  store.trouble = (step) => {
    if (step === 'get' && (gets += 1) > 1) throw broken()
  }
  await expect(read()).rejects.toMatchObject({ code: 'unavailable' })
  expect(gets).toBe(5)
}, 15_000)

test('leaving early is no error, and an empty object is read', async () => {
  const { body } = await connection.getObject({ bucket: 'b', key: 'k' })
  for await (const _chunk of body as AsyncIterable<Uint8Array>) break
  await connection.putObject({ bucket: 'b', key: 'k', body: { text: '' } })
  expect(await read()).toHaveLength(0)
})

test('as JSON the bytes are tagged', async () => {
  await connection.putObject({ bucket: 'b', key: 'small', body: { text: 'ü' } })
  const result = await connection.$.execute('getObject', { bucket: 'b', key: 'small' })
  expect(result).toMatchObject({ success: true, output: { body: { $bytes: Buffer.from('ü').toString('base64') } } })
})
