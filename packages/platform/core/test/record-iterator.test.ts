import { expect, test } from '@jest/globals'
import { RecordIterator } from '../src/runtime/record-iterator.ts'

function iterate(pages: readonly (readonly unknown[])[], log: string[] = [], failAt = -1) {
  async function* generate() {
    try {
      for (const [index, records] of pages.entries()) {
        if (index === failAt) throw new Error('lost')
        log.push(`page ${index}`)
        yield { records }
      }
    } finally {
      log.push('closed')
    }
  }
  const iterator = new RecordIterator(generate())
  return { [Symbol.asyncIterator]: () => iterator, iterator }
}

async function all(records: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const record of records) found.push(record)
  return found
}

test('records come one by one, past empty pages; undefined is a record too', async () => {
  expect(await all(iterate([[], [1, 2], [], [undefined, 3], []]))).toEqual([1, 2, undefined, 3])
  expect(await all(iterate([]))).toEqual([])
})

test('a page is asked for when the one before is used up, and not before', async () => {
  const log: string[] = []
  for await (const record of iterate([[1, 2], [3]], log)) log.push(String(record))
  expect(log).toEqual(['page 0', '1', '2', 'page 1', '3', 'closed'])
})

test('who goes away closes the pages', async () => {
  const log: string[] = []
  const records = iterate([[1, 2], [3]], log)
  for await (const record of records) if (record === 1) break
  expect(log).toEqual(['page 0', 'closed'])
  expect(await records.iterator.next()).toEqual({ done: true, value: undefined })
})

test('a failure reaches the reader once, and then it is over', async () => {
  const { iterator } = iterate([[1], [2]], [], 1)
  expect(await iterator.next()).toEqual({ done: false, value: 1 })
  await expect(iterator.next()).rejects.toThrow('lost')
  expect(await iterator.next()).toEqual({ done: true, value: undefined })
})

test('several asked for at once come in order, each once', async () => {
  const { iterator } = iterate([[1, 2], [3], [4]])
  const results = await Promise.all(Array.from({ length: 6 }, () => iterator.next()))
  expect(results.map(({ done, value }) => (done === true ? 'done' : value))).toEqual([1, 2, 3, 4, 'done', 'done'])
})
