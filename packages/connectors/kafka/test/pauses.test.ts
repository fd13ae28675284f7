import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { kafka, type KafkaRecord } from '../src/index.ts'
import { startCluster, until, type Cluster } from './support.ts'

const sessionTimeoutMs = 3_500
const listening = { from: 'earliest', sessionTimeoutMs, commitMs: 20 } as const

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

  const write = (topic: string, from: number, to: number, partition: number) =>
    log.records.write(
      Array.from({ length: to - from }, (_one, index) => ({
        value: from + index,
        key: `key-${(from + index) % 3}`,
        partition,
      })),
      { topic },
    )
  const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

  test('a partition that is paused waits while others go on, past the session time-out; then nothing is lost or doubled', async () => {
    const topic = await cluster.makeTopic()
    const group = 'partition'
    const seen: string[] = []
    await write(topic, 0, 50, 0)
    await write(topic, 0, 5, 1)
    let joined = 0
    const subscription = log.records.listen(
      { topics: [topic], group, order: 'key', ...listening },
      async ({ partition, value }: KafkaRecord) => {
        seen.push(`${partition} ${String(value)}`)
        if (partition === 0) await pause(value === 0 ? 60 : 5)
        if (seen.filter((one) => one.startsWith('0')).length === 10)
          await log.pausePartitions({ group, topic, partitions: [0] })
      },
      { concurrency: 3, onError: () => (joined += 1) },
    )
    const of = (partition: number): string[] => seen.filter((one) => one.startsWith(`${partition} `))
    await until(() => of(0).length >= 10)
    await pause(100)
    const held = of(0).length
    expect(held).toBeLessThan(50)
    await write(topic, 5, 10, 1)
    await until(() => of(1).length === 10)
    await pause(sessionTimeoutMs + 1_000)
    expect([of(0).length, joined, subscription.alive, subscription.stats.reconnects]).toEqual([held, 0, true, 0])
    expect(await log.resumePartitions({ group, topic, partitions: [0] })).toEqual({ paused: [] })
    await until(() => of(0).length >= 50)
    await pause(300)
    await subscription.stop()
    expect(of(0).length).toBe(50)
    expect(new Set(of(0)).size).toBe(50)
    expect(await cluster.lag(topic, group)).toBe(0)
  }, 30_000)

  test('a group that is paused as a whole stays so through a change of its members', async () => {
    const topic = await cluster.makeTopic()
    const group = 'whole'
    const seen: string[] = []
    let pausesAgain = true
    const listen = () =>
      log.records.listen({ topics: [topic], group, ...listening }, async ({ partition, value }) => {
        seen.push(`${partition} ${String(value)}`)
        if (pausesAgain) await log.pausePartitions({ group })
      })
    const first = listen()
    await first.ready
    await expect(log.pausePartitions({ group: 'whale' })).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('whole'),
    })
    await expect(log.pausePartitions({ group, partitions: [1] })).rejects.toMatchObject({ code: 'invalid_input' })
    expect(await log.pausePartitions({ group })).toEqual({ paused: [{}] })
    const second = listen()
    await second.ready
    for (const partition of [0, 1, 2, 3]) await write(topic, 0, 3, partition)
    await pause(1_000)
    expect(seen).toEqual([])
    await expect(log.resumePartitions({ group, topic })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('the whole group is paused'),
    })
    // Each member is in the middle of one record then, and has fetched others already.
    await log.resumePartitions({ group })
    await until(() => seen.length > 0)
    await pause(1_000)
    expect(seen.length).toBeLessThanOrEqual(2)
    pausesAgain = false
    await log.resumePartitions({ group })
    await until(() => seen.length >= 12)
    await first.stop()
    await second.stop()
    expect([seen.length, new Set(seen).size]).toEqual([12, 12])
  }, 30_000)
})
