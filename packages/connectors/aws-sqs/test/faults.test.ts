import { expect, test } from '@jest/globals'
import { faultProxy } from '@casare/testing'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { sqs, type Message } from '../src/index.ts'
import { cloudAt, type Cloud } from './support.ts'

/** Waits until something holds. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20))
}

await describeWithPeer('fauxqs', {}, (peer) => {
  const opened = async (kind: 'standard' | 'fifo' = 'standard') => {
    const cloud: Cloud = await cloudAt(peer().url)
    const queue = await cloud.make(kind)
    const proxy = await faultProxy(cloud.address as { host: string; port: number })
    const queues = sqs({ ...(cloud.config as Parameters<typeof sqs>[0]), endpoint: `http://127.0.0.1:${proxy.port}` })
    return {
      cloud,
      queue,
      proxy,
      queues,
      async [Symbol.asyncDispose]() {
        await queues.close()
        await proxy.close()
        await cloud.close()
      },
    }
  }
  const input = (queue: string) => ({ queue, visibilitySeconds: 2, waitSeconds: 1 })

  test('connections that are cut again and again lose no message', async () => {
    await using world = await opened()
    const { cloud, queue, proxy, queues } = world
    const records = Array.from({ length: 200 }, (_, number) => ({ body: { number } }))
    expect(await queues.messages.write(records, { queue })).toMatchObject({ succeeded: 200 })
    const seen = new Set<number>()
    await using subscription = queues.messages.listen(
      input(queue),
      async (message: Message) => {
        seen.add((message.body as { number: number }).number)
        if (seen.size % 25 === 0) proxy.resetConnections()
      },
      { concurrency: 5 },
    )
    await subscription.ready
    await until(async () => seen.size === 200 && (await cloud.held(queue)) === 0)
    expect(seen.size).toBe(200)
  })

  test('a handler that takes longer than the visibility timeout has its message to itself', async () => {
    await using world = await opened()
    const { cloud, queue, queues } = world
    await queues.messages.write([{ body: 'slow' }], { queue })
    let handled = 0
    await using subscription = queues.messages.listen(input(queue), async () => {
      handled += 1
      await new Promise((resolve) => setTimeout(resolve, 5_000))
    })
    await subscription.ready
    await until(async () => (await cloud.held(queue)) === 0)
    expect(handled).toBe(1)
  })

  test('in a FIFO queue nothing of a group overtakes what was given back', async () => {
    await using world = await opened('fifo')
    const { queue, queues } = world
    const records = ['a', 'b', 'c'].map((body) => ({ body, groupId: 'one' }))
    await queues.messages.write(records, { queue })
    const order: string[] = []
    let failed = false
    await using subscription = queues.messages.listen(
      input(queue),
      async ({ body }: Message) => {
        if (body === 'b' && !failed) {
          failed = true
          throw new Error('not yet')
        }
        order.push(body as string)
      },
      { concurrency: 10 },
    )
    await subscription.ready
    await until(() => order.length === 3)
    expect(order).toEqual(['a', 'b', 'c'])
  })

  test('a record with the same key is taken once by a FIFO queue', async () => {
    await using world = await opened('fifo')
    const { cloud, queue, queues } = world
    const write = () => queues.messages.write([{ body: 'once', groupId: 'one' }], { queue }, { key: () => 'order-1' })
    expect([await write(), await write()]).toMatchObject([{ succeeded: 1 }, { succeeded: 1 }])
    expect(await cloud.held(queue)).toBe(1)
  })

  test('what nobody can read is put aside, and the next one is handled', async () => {
    await using world = await opened()
    const { cloud, queue, queues } = world
    await queues.messages.write([{ body: 'no json' }, { body: { some: 'json' } }], { queue })
    const seen: unknown[] = []
    await using subscription = queues.messages.listen(
      { ...input(queue), decode: 'json' },
      async ({ body }: Message) => void seen.push(body),
    )
    await subscription.ready
    await until(async () => (await cloud.held(queue)) === 0)
    expect(seen).toEqual([{ some: 'json' }])
    expect(await cloud.held(cloud.deadOf(queue))).toBe(1)
  })

  test('a queue that is not there ends the subscription', async () => {
    await using world = await opened()
    const subscription = world.queues.messages.listen({ queue: 'missing' }, async () => undefined)
    await expect(subscription.ready).rejects.toMatchObject({ code: 'not_found' })
  })
})
