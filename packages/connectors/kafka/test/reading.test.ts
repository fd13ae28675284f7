import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { kafka, type KafkaRecord } from '../src/index.ts'
import { startCluster, type Cluster } from './support.ts'

await describeWithPeer('kafka', {}, () => {
  let cluster: Cluster
  let log: ReturnType<typeof kafka>
  beforeAll(async () => {
    cluster = await startCluster(3)
    log = kafka(cluster.config as never)
  })
  afterAll(async () => {
    await log.close()
    await cluster.close()
  })

  async function all(reading: AsyncIterable<KafkaRecord>): Promise<string[]> {
    const found: string[] = []
    for await (const { partition, offset, value } of reading) found.push(`${partition}/${offset} ${String(value)}`)
    return found
  }

  const write = (topic: string, values: readonly unknown[], partition: number) =>
    log.records.write(
      values.map((value) => ({ value, partition })),
      { topic, compression: 'gzip' },
    )

  test('reads up to where partitions ended when it began; the cursor goes on with what came later', async () => {
    const topic = await cluster.makeTopic()
    await write(topic, ['a', 'b', 'c'], 0)
    await write(topic, ['d'], 3)
    const found: string[] = []
    let cursor: unknown
    for await (const page of log.records.read({ topic }, { pageSize: 2 }).pages()) {
      found.push(...page.records.map(({ partition, value }) => `${partition} ${String(value)}`))
      if (cursor === undefined) {
        await write(topic, ['e'], 0)
        await write(topic, ['f'], 2)
      }
      cursor = JSON.parse(JSON.stringify(page.cursor))
    }
    expect(found).toEqual(['0 a', '0 b', '0 c', '3 d'])
    expect(cursor).toEqual({ positions: { 0: '3', 1: '0', 2: '0', 3: '1' } })
    const later = await all(log.records.read({ topic }, { cursor: cursor as never }))
    expect(later).toEqual(['0/3 e', '2/0 f'])
  })

  test('every page has a cursor from which the rest follows, each record once', async () => {
    const topic = await cluster.makeTopic()
    const numbers = Array.from({ length: 40 }, (_one, number) => `n${number}`)
    await write(topic, numbers.slice(0, 23), 1)
    await write(topic, numbers.slice(23), 2)
    const pages = []
    for await (const page of log.records.read({ topic }, { pageSize: 7 }).pages()) pages.push(page)
    const whole = pages.flatMap(({ records }) => records.map(({ value }) => value))
    expect(whole).toEqual(numbers)
    await write(topic, ['after'], 1)
    for (const [index, { cursor }] of pages.entries()) {
      const rest: unknown[] = []
      for await (const { value } of log.records.read({ topic }, { cursor })) rest.push(value)
      const before = pages.slice(0, index + 1).reduce((sum, { records }) => sum + records.length, 0)
      // One that was through begins anew, and finds what has come since.
      expect(rest).toEqual(before === 40 ? ['after'] : numbers.slice(before))
    }
  })

  test('more than one fetch holds, from a time, from offsets, and of some partitions only', async () => {
    const topic = await cluster.makeTopic()
    const large = Array.from({ length: 60 }, (_one, number) => `${number} ${'x'.repeat(50_000)}`)
    await log.records.write(
      large.map((value) => ({ value, partition: 0 })),
      { topic },
    )
    await write(topic, ['p', 'q'], 1)
    const first = (values: string[]): string[] => values.map((one) => one.slice(0, 8).replace(/ x*$/, ''))
    expect(first(await all(log.records.read({ topic, partitions: [0] })))).toEqual(
      large.map((_one, number) => first([`0/${number} ${number} x`])[0]),
    )
    const offsets = [
      { partition: 0, offset: '59' },
      { partition: 1, offset: '1' },
    ]
    expect(first(await all(log.records.read({ topic, from: { offsets } })))).toEqual(['0/59 59', '1/1 q'])
    expect(await all(log.records.read({ topic, from: { timestamp: '2100-01-01T00:00:00Z' } }))).toEqual([])
  })

  test('what cannot be read is named after what is before it; bytes go past it', async () => {
    const topic = await cluster.makeTopic()
    const headers = { 'content-type': 'application/json' }
    await log.records.write(
      [
        { value: 1, partition: 0 },
        { value: '{"broken', headers, partition: 0 },
      ],
      { topic },
    )
    const found: unknown[] = []
    const reading = (async () => {
      for await (const { value } of log.records.read({ topic })) found.push(value)
    })()
    await expect(reading).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining(`${topic}/0/1`),
    })
    expect(found).toEqual([1])
    expect(await all(log.records.read({ topic, decode: 'bytes' }))).toEqual(['0/0 1', '0/1 {"broken'])
  })

  test('a topic, a partition or a position that is not there', async () => {
    const topic = await cluster.makeTopic()
    await write(topic, ['a'], 0)
    const cases = [
      log.records.read({ topic: `${topic}x` }),
      log.records.read({ topic, partitions: [9] }),
      log.records.read({ topic }, { cursor: { positions: { 0: '7' } } }),
    ]
    for (const reading of cases) await expect(all(reading)).rejects.toMatchObject({ code: 'not_found' })
    await log.$.check()
  })
})
