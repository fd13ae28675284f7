import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ConnectorError } from '@casare/core'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { faultProxy, seededRandom } from '@casare/testing'
import { channel as diagnostics } from 'node:diagnostics_channel'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { kafka, type OutgoingRecord } from '../src/index.ts'
import { startCluster, until, type Cluster } from './support.ts'

const count = process.env['CASARE_DEEP'] === '1' ? 10_000 : 2_000
const keys = 10
const listening = { from: 'earliest', sessionTimeoutMs: 4_000, commitMs: 20 } as const

await describeWithPeer('kafka', {}, () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster(3)
  })
  afterAll(() => cluster.close())

  const connect = (config: object = {}): ReturnType<typeof kafka> => kafka({ ...cluster.config, ...config } as never)

  test(`${count} records while members are killed with -9: none is lost, and no key overtakes itself`, async () => {
    const topic = await cluster.makeTopic()
    const random = seededRandom(11)
    const log = connect()
    const sent = Array.from({ length: count }, (_one, number) => ({ value: { number }, key: `key-${number % keys}` }))
    expect(await log.records.write(sent, { topic })).toEqual({ succeeded: count, failed: [] })

    const handled = new Set<number>()
    const highest = new Map<string, number>()
    const overtaken: string[] = []
    let repeated = 0
    const take = (line: string): void => {
      const [key = '', text] = line.split(' ')
      const number = Number(text)
      if (handled.has(number)) repeated += 1
      handled.add(number)
      // A key may go back to where its member had committed, and never past what comes next.
      const next = highest.has(key) ? (highest.get(key) ?? 0) + keys : number % keys
      if (number > next) overtaken.push(`${key}: ${number} before ${next}`)
      highest.set(key, Math.max(number, highest.get(key) ?? number))
    }
    const script = fileURLToPath(new URL('./consumer-process.ts', import.meta.url))
    const start = (): ChildProcess => {
      const options = ['--conditions=@casare/source', '--disable-warning=ExperimentalWarning', '--no-warnings']
      const child = spawn(process.execPath, [...options, script, cluster.config.brokers.join(','), topic, 'killed'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', take)
      return child
    }
    let members = [start(), start()]
    for (const share of [0.2, 0.5, 0.8]) {
      await until(() => handled.size >= count * share, `handling ${share * 100} %`, 60_000)
      const victim = members[Math.floor(random() * members.length)] as ChildProcess
      const gone = once(victim, 'exit')
      victim.kill('SIGKILL')
      await gone
      members = [...members.filter((one) => one !== victim), start()]
    }
    await until(() => handled.size === count, 'handling all', 60_000)
    expect(overtaken).toEqual([])
    expect(repeated).toBeLessThan(count)
    for (const child of members) child.kill('SIGKILL')
    await log.close()
  }, 200_000)

  test('connections that are cut lose nothing, neither of the writer nor of the listener', async () => {
    const topic = await cluster.makeTopic()
    const proxies = await Promise.all(
      cluster.config.brokers.map(async (address) => {
        const [host = '', port] = address.split(':')
        return faultProxy({ host, port: Number(port) })
      }),
    )
    const log = connect({
      brokers: proxies.map(({ host, port }) => `${host}:${port}`),
      brokerAddresses: Object.fromEntries(
        cluster.config.brokers.map((named, index) => [named, `${proxies[index]?.host}:${proxies[index]?.port}`]),
      ),
      resilience: { breaker: false, budget: false },
    })
    const handled = new Set<number>()
    const subscription = log.records.listen({ topics: [topic], group: 'cut', ...listening }, async ({ value }) => {
      handled.add((value as { number: number }).number)
    })
    await subscription.ready
    const source = (async function* (): AsyncGenerator<OutgoingRecord> {
      for (let number = 0; number < 500; number += 1) {
        if (number % 100 === 50) for (const proxy of proxies) proxy.resetConnections()
        yield { value: { number }, key: `key-${number % keys}` }
      }
    })()
    const { failed } = await log.records.write(source, { topic }, { effect: 'idempotent', batchRecords: 25 })
    expect(failed).toEqual([])
    await until(() => handled.size === 500, 'handling all', 40_000)
    await log.close()
    for (const proxy of proxies) await proxy.close()
  }, 90_000)

  test('an answer that is lost: the outcome is unknown, and nothing is written again', async () => {
    const single = await startCluster()
    const [named = ''] = single.config.brokers
    const proxy = await faultProxy(single.address)
    const address = `${proxy.host}:${proxy.port}`
    const log = kafka({ brokers: [address], brokerAddresses: { [named]: address } })
    const { topic } = single
    expect(await log.records.write([{ value: 'first' }], { topic })).toEqual({ succeeded: 1, failed: [] })
    await proxy.arm({ kind: 'half-open' })
    const writing = log.records.write([{ value: 'second', partition: 0 }], { topic })
    await until(async () => (await single.count(topic)) === 2)
    // The driver connects again at once.
    await proxy.heal()
    proxy.resetConnections()
    expect((await writing).failed).toMatchObject([
      { index: 0, error: { code: 'outcome_unknown', applied: 'maybe', retryable: false } },
    ])
    expect(await single.count(topic)).toBe(2)
    await log.close()
    await proxy.close()
    await single.close()
  })

  test('a handler that takes longer than the session keeps its partition, though another member waits for it', async () => {
    // With one broker nothing else is fetched meanwhile, which would also be a sign of life.
    const single = await startCluster()
    const { topic } = single
    const logs = [kafka(single.config as never), kafka(single.config as never)]
    const begun: unknown[] = []
    const done: unknown[] = []
    const subscriptions = logs.map((log) =>
      log.records.listen(
        { topics: [topic], group: 'long', ...listening, sessionTimeoutMs: 3_500 },
        async ({ value }) => {
          begun.push(value)
          if (value === 1) await new Promise((resolve) => setTimeout(resolve, 5_000))
          done.push(value)
        },
      ),
    )
    for (const { ready } of subscriptions) await ready
    const [log] = logs as [ReturnType<typeof kafka>]
    const records = [
      { value: 1, partition: 0 },
      { value: 2, partition: 0 },
    ]
    await log.records.write(records, { topic })
    await until(() => done.includes(2))
    expect([begun, done]).toEqual([
      [1, 2],
      [1, 2],
    ])
    for (const subscription of subscriptions) await subscription.stop()
    const { partitions } = await log.consumerGroupOffsets({ topic, group: 'long' })
    expect(partitions[0]).toEqual({ partition: 0, offset: '2', lag: '0' })
    for (const one of logs) await one.close()
    await single.close()
  }, 60_000)

  test('from: the latest, a time or an offset; a replay of a group that is not running', async () => {
    const topic = await cluster.makeTopic()
    const log = connect()
    await log.records.write(
      [1, 2, 3].map((hour) => ({ value: hour, partition: 0, timestamp: `2026-11-24T0${hour}:00:00.000Z` })),
      { topic },
    )
    const listenFrom = (group: string, from: 'latest' | { offset: string }) => {
      const seen: unknown[] = []
      const subscription = log.records.listen(
        { topics: [topic], group, ...listening, from },
        async ({ value, partition }) => {
          if (partition === 0) seen.push(value)
        },
      )
      return { seen, subscription }
    }
    // At once: each waits for its group to be shared out.
    const listeners = [listenFrom('latest', 'latest'), listenFrom('offset', { offset: '2' })]
    for (const { subscription } of listeners) await subscription.ready
    await log.records.write([{ value: 'new', partition: 0 }], { topic })
    await until(() => listeners.every(({ seen }) => seen.includes('new')))
    for (const { subscription } of listeners) await subscription.stop()
    expect(listeners.map(({ seen }) => seen)).toEqual([['new'], [3, 'new']])
    const moved = await log.resetOffsets({ topic, group: 'latest', to: { offsets: [{ partition: 0, offset: '1' }] } })
    expect(moved).toEqual({ partitions: [{ partition: 0, offset: '1' }] })
    expect((await log.consumerGroupOffsets({ topic, group: 'latest' })).partitions[0]).toMatchObject({
      offset: '1',
      lag: '3',
    })
    await log.close()
  }, 60_000)

  test('what cannot be decoded holds its partition up where there is no dead-letter topic, and is put aside where there is', async () => {
    const [topic, dead] = [await cluster.makeTopic(), await cluster.makeTopic()]
    const log = connect()
    const blocked: unknown[] = []
    const note = (event: unknown): void => {
      const { name, detail } = event as { name: string; detail: unknown }
      if (name === 'record_blocked') blocked.push(detail)
    }
    diagnostics('casare:event').subscribe(note)
    const headers = { 'content-type': 'application/json' }
    await log.records.write(
      [
        { value: '{"broken', headers, key: 'a', partition: 0 },
        { value: { fine: true }, key: 'a', partition: 0 },
      ],
      { topic },
    )
    const seen: unknown[] = []
    const without = log.records.listen(
      { topics: [topic], group: 'blocked', ...listening },
      async ({ value }) => void seen.push(value),
    )
    const handled: unknown[] = []
    const aside = log.records.listen(
      { topics: [topic], group: 'aside', deadLetterTopic: dead, ...listening },
      async ({ value }) => void handled.push(value),
    )
    await until(() => blocked.length === 1 && handled.length === 1)
    await Promise.all([without.stop(), aside.stop()])
    expect(blocked).toMatchObject([{ topic, partition: 0, offset: '0' }])
    expect([seen, handled]).toEqual([[], [{ fine: true }]])
    expect(await cluster.records(dead)).toMatchObject([{ key: 'a', value: '{"broken' }])
    diagnostics('casare:event').unsubscribe(note)
    await log.close()
  }, 40_000)

  test('refusals in clear words, and the connection still usable', async () => {
    const log = connect()
    await expect(log.describeTopic({ topic: `${cluster.topic}x` })).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining(cluster.topic),
    })
    const { failed } = await log.records.write(
      [{ value: '\ud800' }, { value: 1n }, { value: 1, key: '\udc00' }, { value: 1, headers: { h: '\udc00' } }],
      { topic: cluster.topic },
    )
    expect(failed.map(({ index, error }) => [index, error.code, error.applied])).toEqual(
      [0, 1, 2, 3].map((index) => [index, 'invalid_input', 'no']),
    )
    expect(ConnectorError.is(failed[0]?.error)).toBe(true)
    await log.$.check()
    await log.close()
  })
})
