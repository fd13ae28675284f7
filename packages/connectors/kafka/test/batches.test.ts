import { ConnectorError } from '@casare/core'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { failedAt, kafka, type RecordBatch } from '../src/index.ts'
import { startCluster, until, type Cluster } from './support.ts'

const listening = { from: 'earliest', sessionTimeoutMs: 4_000, commitMs: 20 } as const

await describeWithPeer('kafka', {}, () => {
  let cluster: Cluster
  let log: ReturnType<typeof kafka>
  beforeAll(async () => {
    cluster = await startCluster()
    log = kafka(cluster.config as never)
  })
  afterAll(async () => {
    await log.close()
    await cluster.close()
  })

  const write = (topic: string, values: readonly unknown[], partition = 0) =>
    log.records.write(
      values.map((value) => ({ value, partition })),
      { topic },
    )
  const valuesOf = ({ records }: RecordBatch): unknown[] => records.map(({ value }) => value)
  const position = async (topic: string, group: string, partition = 0) =>
    (await log.consumerGroupOffsets({ topic, group })).partitions[partition]

  test('a handler of batches gets the records of one partition in their order, and the position follows it', async () => {
    const topic = await cluster.makeTopic()
    const numbers = Array.from({ length: 25 }, (_one, number) => number)
    await write(topic, numbers, 0)
    await write(topic, ['other'], 2)
    const seen: RecordBatch[] = []
    const subscription = log.batches.listen(
      { topics: [topic], group: 'whole', maxRecords: 10, ...listening },
      async (batch, { id, redelivered }) => {
        seen.push(batch)
        expect([redelivered, id.startsWith(`${topic}/${batch.partition}/`)]).toEqual([false, true])
      },
      { concurrency: 2 },
    )
    await until(() => seen.flatMap(valuesOf).length === 26)
    await subscription.stop()
    expect(seen.filter(({ partition }) => partition === 0).map(valuesOf)).toEqual([
      numbers.slice(0, 10),
      numbers.slice(10, 20),
      numbers.slice(20),
    ])
    expect(seen.filter(({ partition }) => partition === 2).map(valuesOf)).toEqual([['other']])
    expect(await position(topic, 'whole')).toMatchObject({ offset: '25', lag: '0' })
    expect(await position(topic, 'whole', 2)).toMatchObject({ offset: '1', lag: '0' })
  })

  test('a handler that got only so far says where: what is before is committed, and only the rest comes again', async () => {
    const topic = await cluster.makeTopic()
    await write(topic, [0, 1, 2, 3, 4])
    const seen: unknown[] = []
    let committed: unknown
    const subscription = log.batches.listen(
      { topics: [topic], group: 'partly', ...listening },
      async (batch, delivery) => {
        seen.push([delivery.redelivered, ...valuesOf(batch)])
        if (seen.length === 1) throw failedAt(3, new Error('no room'))
        committed = await position(topic, 'partly')
      },
    )
    await until(() => committed !== undefined)
    await subscription.stop()
    expect(seen).toEqual([
      [false, 0, 1, 2, 3, 4],
      [true, 3, 4],
    ])
    expect(committed).toMatchObject({ offset: '3' })
    expect(await position(topic, 'partly')).toMatchObject({ offset: '5' })
  })

  test('records that can never be handled are put aside, whether the handler says which or has to be asked', async () => {
    const [topic, dead] = [await cluster.makeTopic(), await cluster.makeTopic()]
    await write(topic, [0, 'named', 2, 3, 'found', 5, 6])
    await log.records.write([{ value: '{"broken', headers: { 'content-type': 'application/json' }, partition: 0 }], {
      topic,
    })
    await write(topic, [8])
    const never = new ConnectorError({ code: 'invalid_input', message: 'never' })
    const done: unknown[] = []
    const subscription = log.batches.listen(
      { topics: [topic], group: 'dead', deadLetterTopic: dead, ...listening },
      async (batch) => {
        const values = valuesOf(batch)
        const named = values.indexOf('named')
        if (named >= 0) {
          done.push(...values.slice(0, named))
          throw failedAt(named, never)
        }
        if (values.includes('found')) throw never
        done.push(...values)
      },
    )
    await until(async () => (await position(topic, 'dead'))?.offset === '9')
    await subscription.stop()
    expect(done).toEqual([0, 2, 3, 5, 6, 8])
    expect((await cluster.records(dead)).map(({ value }) => value).sort()).toEqual(['found', 'named', '{"broken'])
  })

  test('what is given back too often is put aside, and the others of its batch are handled', async () => {
    const [topic, dead] = [await cluster.makeTopic(), await cluster.makeTopic()]
    await write(topic, [0, 1, 'bad', 3])
    const done: unknown[] = []
    const subscription = log.batches.listen(
      { topics: [topic], group: 'tired', deadLetterTopic: dead, maxRedeliveries: 0, ...listening },
      async (batch) => {
        if (valuesOf(batch).includes('bad'))
          throw new ConnectorError({ code: 'unavailable', message: 'x', retryAfterMs: 1 })
        done.push(...valuesOf(batch))
      },
    )
    await until(async () => (await position(topic, 'tired'))?.offset === '4')
    await subscription.stop()
    expect(done).toEqual([0, 1, 3])
    expect(await cluster.count(dead)).toBe(1)
  })

  test('an index that is none is refused', () => {
    for (const index of [-1, 1.5, Number.NaN])
      expect(() => failedAt(index, new Error('x'))).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  })
})
