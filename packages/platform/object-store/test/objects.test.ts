import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { broken, memory, MemoryStore, type MemoryConnection } from './memory-store.ts'

let store: MemoryStore
let connection: MemoryConnection

beforeEach(() => {
  store = new MemoryStore()
  store.buckets.set('b', new Map())
  connection = memory({ store })
})
afterEach(() => connection.close())

const put = (key: string, text = key): Promise<unknown> => connection.putObject({ bucket: 'b', key, body: { text } })

interface Read {
  readonly keys: string[]
  readonly cursor: unknown
}

async function page(
  input: Record<string, unknown>,
  cursor?: unknown,
  maxRecords?: number,
): Promise<Read & { done: boolean }> {
  const answer = await connection.$.read('objects', { bucket: 'b', ...input }, { cursor, maxRecords })
  return { keys: answer.records.map((one) => (one as { key: string }).key), cursor: answer.cursor, done: answer.done }
}

async function all(input: Record<string, unknown>, cursor?: unknown, maxRecords = 2): Promise<Read> {
  const keys: string[] = []
  let position = cursor
  for (;;) {
    const next = await page(input, position, maxRecords)
    keys.push(...next.keys)
    position = next.cursor
    if (next.done) return { keys, cursor: position }
  }
}

test('keys come in the order of their bytes, page by page', async () => {
  for (const key of ['b', 'a', 'a/1', 'ü', '\u{1F98A}', '\uFFFD', '']) if (key !== '') await put(key)
  expect((await all({})).keys).toEqual(['a', 'a/1', 'b', 'ü', '\uFFFD', '\u{1F98A}'])
})

test('a read goes on behind its last key', async () => {
  await put('a')
  await put('c')
  const first = await all({})
  await put('b')
  await put('d')
  expect((await all({}, first.cursor)).keys).toEqual(['d'])
  expect((await all({ startAfter: 'b' })).keys).toEqual(['c', 'd'])
})

test('what keys have in common is shown as one', async () => {
  for (const key of ['a/1', 'a/2', 'b', 'c/x/y']) await put(key)
  const first = await all({ delimiter: '/' })
  expect(first.keys).toEqual(['a/', 'b', 'c/'])
  expect((await all({ delimiter: '/' }, first.cursor)).keys).toEqual([])
  expect((await all({ prefix: 'a/', delimiter: '/' })).keys).toEqual(['a/1', 'a/2'])
})

test('by time: each change once, ties included', async () => {
  store.tick = 0
  for (const key of ['z', 'a', 'm']) await put(key)
  const first = await all({ by: 'lastModified' })
  expect(first.keys).toEqual(['a', 'm', 'z'])
  // Written at the very time of the mark.
  await put('b')
  const second = await all({ by: 'lastModified' }, first.cursor)
  expect(second.keys).toEqual(['b'])
  store.tick = 1_000
  await put('a', 'changed')
  await put('y')
  const third = await all({ by: 'lastModified' }, second.cursor)
  expect(third.keys).toEqual(['a', 'y'])
  expect((await all({ by: 'lastModified' }, third.cursor)).keys).toEqual([])
})

test('by time: what is written behind the page in hand is found by the next read', async () => {
  for (const key of ['a', 'b', 'c', 'd']) await put(key)
  const half = await page({ by: 'lastModified' }, undefined, 2)
  await put('a', 'changed meanwhile')
  const rest = await all({ by: 'lastModified' }, half.cursor)
  expect(rest.keys).toEqual(['c', 'd'])
  expect((await all({ by: 'lastModified' }, rest.cursor)).keys).toEqual(['a'])
})

test('watching delivers what is new and changed, and again what was given back', async () => {
  await put('old')
  const seen: string[] = []
  let refused = false
  const subscription = connection.objects.listen({ bucket: 'b', intervalMs: 100 }, async ({ key }, delivery) => {
    if (key === 'bad' && !refused) {
      refused = true
      throw new Error('not now')
    }
    seen.push(`${key}${delivery.redelivered ? ' again' : ''}`)
  })
  await subscription.ready
  await put('new')
  await put('bad')
  await put('old', 'changed')
  while (seen.length < 3) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(seen.toSorted()).toEqual(['bad again', 'new', 'old'])
  await subscription.stop()
}, 15_000)

test('what comes while the store is away is delivered when it is back', async () => {
  await put('old')
  const seen: string[] = []
  const subscription = connection.objects.listen(
    { bucket: 'b', intervalMs: 100 },
    async ({ key }) => void seen.push(key),
  )
  await subscription.ready
  let away = 2
  store.trouble = (step) => {
    if (step === 'list' && away-- > 0) throw broken()
  }
  await put('new')
  while (seen.length < 1) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(seen).toEqual(['new'])
  await subscription.stop()
}, 15_000)

test('deleting many tells of each that stays', async () => {
  for (const key of ['a', 'b', 'c', 'locked', 'd']) await put(key)
  const answer = await connection.deleteObjects({ bucket: 'b', keys: ['a', 'b', 'c', 'locked', 'd', 'missing'] })
  expect(answer).toMatchObject({ deleted: 5, failed: [{ key: 'locked', error: { code: 'permission_denied' } }] })
  expect([...store.bucket('b').keys()]).toEqual(['locked'])
})

test('a signed URL is a secret', async () => {
  const { url } = await connection.signUrl({ bucket: 'b', key: 'k' })
  expect(String(url)).toBe('[secret]')
  expect(url.reveal()).toContain('signature')
})
