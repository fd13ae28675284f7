import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { faultProxy, seededRandom } from '@casare/testing'
import { describeWithPeer, restartablePeer, type RestartablePeer } from '../../../../tools/peers/src/index.ts'
import { rabbitmq } from '../src/index.ts'
import { partsOf, until } from './support.ts'

const count = process.env['CASARE_DEEP'] === '1' ? 10_000 : 2_000
const body = (number: number): { number: number } => ({ number })
const all = Array.from({ length: count }, (_one, number) => number)

await describeWithPeer('rabbitmq', {}, () => {
  let broker: RestartablePeer
  beforeAll(async () => {
    broker = await restartablePeer('rabbitmq')
    await broker.start()
  }, 120_000)
  afterAll(() => broker.stop(), 60_000)

  /** Sets the share of memory above which the broker takes no messages. */
  async function limitMemory(...limit: string[]): Promise<void> {
    const cookie = await readFile(join(broker.directory, '.erlang.cookie'), 'utf8')
    const node = `casare${new URL(broker.url).port}@localhost`
    const options = ['-n', node, '--erlang-cookie', cookie.trim()]
    await broker.run('rabbitmqctl', [...options, 'set_vm_memory_high_watermark', ...limit])
  }

  /** Numbers that were handled, and how often one came again without saying so. */
  class Handled {
    readonly numbers = new Map<number, number>()
    unmarked = 0
    async take(event: unknown, redelivered: boolean): Promise<void> {
      const { number } = (event as { body: { number: number } }).body
      const times = (this.numbers.get(number) ?? 0) + 1
      this.numbers.set(number, times)
      if (times > 1 && !redelivered) this.unmarked += 1
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  test('killed with -9 while messages are written and handled, and started again: none that was confirmed is lost', async () => {
    const mq = rabbitmq({ url: broker.url, timeouts: { connectMs: 2_000 } })
    const queue = 'killed'
    await mq.declareQueue({ queue })
    const handled = new Handled()
    const subscription = mq.messages.listen({ queue }, (event, { redelivered }) => handled.take(event, redelivered), {
      concurrency: 20,
    })
    await subscription.ready
    let killed: Promise<void> | undefined
    const source = (async function* () {
      for (const number of all) {
        // In the middle of a batch, with others confirmed and handled already.
        if (number === Math.floor(count / 2)) killed = broker.kill().then(() => broker.start())
        yield { body: body(number) }
      }
    })()
    const unknown = new Set<number>()
    const again: number[] = []
    const { failed } = await mq.messages.write(source, { queue }, { batchRecords: 100 })
    await killed
    for (const { index, error } of failed) {
      if (error.applied === 'no') again.push(index)
      else unknown.add(index)
    }
    // What was surely not taken is written again, by us as its caller.
    await until(
      async () =>
        await mq.$.check().then(
          () => true,
          () => false,
        ),
    )
    expect(
      (
        await mq.messages.write(
          again.map((number) => ({ body: body(number) })),
          { queue },
        )
      ).failed,
    ).toEqual([])
    const confirmed = all.filter((number) => !unknown.has(number))
    await until(() => confirmed.every((number) => handled.numbers.has(number)), 'handling all', 40_000)
    expect(subscription.stats.reconnects).toBeGreaterThan(0)
    expect(handled.unmarked).toBe(0)
    await mq.close()
  }, 180_000)

  test('connections cut at random: none is lost', async () => {
    const { host, port } = partsOf(broker.url)
    const proxy = await faultProxy({ host, port })
    const mq = rabbitmq({
      ...partsOf(broker.url),
      port: proxy.port,
      resilience: { breaker: false, budget: false },
    } as never)
    const queue = 'cut'
    await mq.declareQueue({ queue })
    const handled = new Handled()
    const subscription = mq.messages.listen({ queue }, (event, { redelivered }) => handled.take(event, redelivered), {
      concurrency: 10,
    })
    await subscription.ready
    const random = seededRandom(7)
    let cuts = 0
    const source = (async function* () {
      for (const number of all) {
        if (random() < 5 / count) {
          proxy.resetConnections()
          cuts += 1
        }
        yield { body: body(number), messageId: String(number) }
      }
    })()
    // Whoever knows a messageId when it sees it again may say so.
    const result = await mq.messages.write(source, { queue }, { effect: 'idempotent', batchRecords: 50 })
    proxy.resetConnections()
    const failed = new Set(result.failed.map(({ index }) => index))
    await until(() => all.every((number) => failed.has(number) || handled.numbers.has(number)), 'handling all', 40_000)
    expect(cuts).toBeGreaterThan(0)
    expect(failed.size).toBe(0)
    await mq.close()
    await proxy.close()
  }, 90_000)

  test('a consumer killed with -9: what it had begun goes to another, marked', async () => {
    const mq = rabbitmq({ url: broker.url })
    const queue = 'consumer-killed'
    await mq.declareQueue({ queue })
    await mq.messages.write(
      all.map((number) => ({ body: body(number) })),
      { queue },
    )
    const script = fileURLToPath(new URL('./consumer-process.ts', import.meta.url))
    const begun = new Set<number>()
    const child = spawn(
      process.execPath,
      ['--conditions=@casare/source', '--disable-warning=ExperimentalWarning', script, broker.url, queue],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const gone = once(child, 'exit')
    for await (const line of createInterface({ input: child.stdout })) {
      begun.add(Number(line))
      if (begun.size === 200) child.kill('SIGKILL')
    }
    await gone
    const others = new Map<number, boolean>()
    mq.messages.listen(
      { queue },
      async (event, { redelivered }) => {
        others.set((event.body as { number: number }).number, redelivered)
      },
      { concurrency: 10 },
    )
    await until(async () => all.every((number) => begun.has(number) || others.has(number)), 'handling all')
    // Handled twice are only those that say so.
    expect([...others].filter(([number, redelivered]) => begun.has(number) && !redelivered)).toEqual([])
    expect(others.size).toBeGreaterThan(count - 400)
    await mq.close()
  }, 60_000)

  test('a broker without memory blocks publishers: writes wait, then fail as not applied; all else goes on', async () => {
    const mq = rabbitmq({ url: broker.url, timeouts: { writeMs: 300, readMs: 5_000 }, resilience: false })
    const patient = rabbitmq({ url: broker.url, resilience: false })
    const queue = 'blocked'
    await mq.declareQueue({ queue })
    await Promise.all([mq, patient].map((one) => one.messages.write([{ body: 1 }], { queue })))
    await limitMemory('absolute', '1MB')
    try {
      // The alarm reaches a connection with its next message, which it holds.
      const first = mq.messages.write([{ body: 2 }], { queue })
      const waiting = patient.messages.write([{ body: 3 }], { queue })
      await until(async () => {
        const { failed } = await mq.messages.write([{ body: 4 }], { queue })
        const error = failed[0]?.error
        return error?.code === 'unavailable' && error.applied === 'no' && /takes no messages/.test(error.message)
      })
      expect((await mq.queueStatus({ queue })).messages).toBeGreaterThan(0)
      await limitMemory('0.4')
      await first
      expect(await waiting).toEqual({ succeeded: 1, failed: [] })
    } finally {
      await limitMemory('0.4')
    }
    await mq.close()
    await patient.close()
  }, 90_000)

  test('a message that is too large for the broker fails alone, and says why', async () => {
    const mq = rabbitmq({ url: broker.url })
    const queue = 'too-large'
    await mq.declareQueue({ queue })
    const large = Buffer.alloc(134_217_729)
    const { succeeded, failed } = await mq.messages.write([{ body: 1 }, { body: large }, { body: 2 }], { queue })
    expect(succeeded).toBe(2)
    expect(failed).toMatchObject([
      { index: 1, error: { code: 'invalid_input', applied: 'no', message: expect.stringContaining('134217729') } },
    ])
    expect(await mq.queueStatus({ queue })).toMatchObject({ messages: 2 })
    await mq.close()
  }, 60_000)
})
