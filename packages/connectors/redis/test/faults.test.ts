import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from '@jest/globals'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { redis } from '../src/index.ts'
import { startDurableServer, type DurableServer } from './durable-server.ts'
import { fakeServer } from './fake-server.ts'
import { bareClient, until } from './support.ts'

const deep = process.env['CASARE_DEEP'] === '1'
const total = deep ? 10_000 : 2_000

const endings: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

function connect(config: Parameters<typeof redis>[0]) {
  const connection = redis(config)
  endings.push(() => connection.close())
  return connection
}

async function durable(): Promise<DurableServer> {
  const server = await startDurableServer()
  endings.push(() => server.stop())
  return server
}

await describeWithPeer('redis', {}, () => {
  test(`kill -9 of the server, again and again: of ${total} entries none is lost`, async () => {
    const server = await durable()
    const connection = connect({ url: server.url })
    const handled = new Set<number>()
    const subscription = connection.entries.listen(
      { stream: 'orders', group: 'billing', claimIdleMs: 1_000 },
      async ({ fields }) => void handled.add(Number(fields['number'])),
      { concurrency: 20 },
    )
    await subscription.ready
    const stored: number[] = []
    let unknown = 0
    for (let from = 0; from < total; from += 100) {
      const records = Array.from({ length: 100 }, (_one, index) => ({ number: from + index }))
      const writing = connection.entries.write(records, { stream: 'orders' })
      if (from % (total / 4) === 0) await server.killAndRestart()
      const { failed } = await writing
      const lost = new Set(failed.map(({ index }) => index))
      for (const { error } of failed) expect(error.code).toMatch(/^(outcome_unknown|unavailable)$/)
      unknown += failed.length
      stored.push(...records.map(({ number }) => number).filter((_number, index) => !lost.has(index)))
    }
    expect(stored.length).toBe(total - unknown)
    await until(() => stored.every((number) => handled.has(number)), 'entries that were stored were not handled')
    await until(async () => {
      const bare = bareClient(server.url)
      await bare.connect()
      const { pending } = await bare.xPending('orders', 'billing')
      bare.destroy()
      return pending === 0
    }, 'entries that were handled were not acknowledged')
    expect(subscription.stats.reconnects).toBeGreaterThan(0)
    await subscription.stop()
  })

  test(`kill -9 of a consumer with entries in its hands: of ${total} none is lost`, async () => {
    const server = await durable()
    const connection = connect({ url: server.url })
    const target = { stream: 'orders', group: 'billing' }
    await connection.entries.write(
      Array.from({ length: total }, (_one, number) => ({ number })),
      { stream: target.stream },
    )
    const child = spawn(
      process.execPath,
      [
        '--conditions=@casare/source',
        '--disable-warning=ExperimentalWarning',
        fileURLToPath(new URL('./consumer-process.ts', import.meta.url)),
        server.url,
        target.stream,
        target.group,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    endings.push(() => void child.kill('SIGKILL'))
    const handled = new Map<number, number>()
    const count = (number: number): void => void handled.set(number, (handled.get(number) ?? 0) + 1)
    let printed = ''
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
    const bare = bareClient(server.url)
    await bare.connect()
    endings.push(() => bare.destroy())
    const pending = async (): Promise<number> => (await bare.xPending(target.stream, target.group)).pending
    await until(
      async () => printed.split('\n').length > 500 && (await pending()) === 20,
      'the consumer does not come to hold 20 entries',
    )
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
    for (const line of printed.split('\n').slice(0, -1)) count(Number(line))

    let redelivered = 0
    const subscription = connection.entries.listen(
      { ...target, claimIdleMs: 200 },
      async ({ fields }, delivery) => {
        if (delivery.redelivered) redelivered += 1
        count(Number(fields['number']))
      },
      { concurrency: 20 },
    )
    await until(() => handled.size === total, 'entries were lost')
    await until(async () => (await pending()) === 0, 'entries of the dead consumer were not claimed')
    await subscription.stop()
    // Only what the dead consumer held came twice, and of that nothing had been handled.
    expect(redelivered).toBe(20)
    expect([...handled.values()].filter((times) => times > 1)).toEqual([])
  })

  test('commands in flight when the server dies: counted once, or outcome_unknown', async () => {
    const server = await durable()
    const connection = connect({ url: server.url, resilience: { breaker: false, budget: false } })
    await connection.$.open()
    const calls = Array.from({ length: 500 }, (_one, index) =>
      index % 2 === 0
        ? connection.increment({ key: 'counter' })
        : connection.set({ key: `value-${index}`, value: String(index) }),
    )
    const killed = server.killAndRestart()
    const outcomes = await Promise.allSettled(calls)
    await killed
    const counted = outcomes.filter(({ status }, index) => index % 2 === 0 && status === 'fulfilled').length
    const unknown = outcomes.filter(({ status }, index) => index % 2 === 0 && status === 'rejected').length
    for (const outcome of outcomes)
      if (outcome.status === 'rejected')
        expect(['outcome_unknown', 'unavailable', 'rate_limited']).toContain(outcome.reason.code)
    const bare = bareClient(server.url)
    await bare.connect()
    endings.push(() => bare.destroy())
    const value = Number((await bare.get('counter')) ?? 0)
    expect(value).toBeGreaterThanOrEqual(counted)
    expect(value).toBeLessThanOrEqual(counted + unknown)
    await connection.set({ key: 'after', value: 'x' })
    expect(await connection.get({ key: 'after' })).toEqual({ value: 'x' })
  })
})

test('storing where nothing is, its answer lost: a second try would say no, so there is none', async () => {
  const stored: string[] = []
  const server = await fakeServer((name) => {
    if (name === 'SET') stored.push(name)
    return name === 'SET' && stored.length === 1 ? 'cut' : '_\r\n'
  })
  endings.push(() => server.close())
  const connection = connect({ host: '127.0.0.1', port: server.port })
  await expect(connection.set({ key: 'a', value: 'x', condition: 'missing' })).rejects.toMatchObject({
    code: 'outcome_unknown',
    retryable: false,
  })
  expect(stored).toEqual(['SET'])
})

test('a key on another node of a cluster: refused, and nobody goes there', async () => {
  const server = await fakeServer((name) => (name === 'GET' ? '-MOVED 866 192.0.2.1:6379\r\n' : '+OK\r\n'))
  endings.push(() => server.close())
  const connection = connect({ host: '127.0.0.1', port: server.port })
  await expect(connection.get({ key: 'a' })).rejects.toMatchObject({
    code: 'unsupported',
    applied: 'no',
    vendorCode: 'MOVED',
    message: expect.stringContaining('another node'),
  })
  expect(server.connections()).toBe(1)
})

test('a reply that is none ends the connection: no answer is taken for that of another command', async () => {
  let garbled = true
  const server = await fakeServer((name) => (name === 'PING' ? '+PONG\r\n' : garbled ? '?what\r\n' : '$5\r\nright\r\n'))
  endings.push(() => server.close())
  const connection = connect({ host: '127.0.0.1', port: server.port, resilience: false })
  const calls = await Promise.allSettled([connection.get({ key: 'a' }), connection.increment({ key: 'b' })])
  expect(calls.map((call) => (call as PromiseRejectedResult).reason.code)).toEqual(['unavailable', 'outcome_unknown'])
  garbled = false
  expect(await connection.get({ key: 'a' })).toEqual({ value: 'right' })
  expect(server.connections()).toBe(2)
})

test('a server that falls silent is given up after readMs', async () => {
  let silent = true
  const server = await fakeServer(() => (silent ? undefined : '$2\r\nhi\r\n'))
  endings.push(() => server.close())
  const timeouts = { readMs: 200 }
  const connection = connect({ host: '127.0.0.1', port: server.port, resilience: false, timeouts })
  await expect(connection.get({ key: 'a' })).rejects.toMatchObject({ code: 'unavailable' })
  silent = false
  expect(await connection.get({ key: 'a' })).toEqual({ value: 'hi' })
})

test('a server that takes the connection and says nothing: unavailable, nothing applied', async () => {
  const server = await fakeServer(() => undefined)
  endings.push(() => server.close())
  const timeouts = { connectMs: 100 }
  // Without HELLO, nothing but silence: a database other than 0 must be selected first.
  const connection = connect({ url: `redis://127.0.0.1:${server.port}/3`, resilience: false, timeouts })
  await expect(connection.increment({ key: 'a' })).rejects.toMatchObject({ code: 'unavailable', applied: 'no' })
})
