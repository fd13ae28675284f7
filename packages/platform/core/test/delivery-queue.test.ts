import { expect, test } from '@jest/globals'
import type { PendingDelivery } from '../src/contract/stream.ts'
import { DeliveryQueue } from '../src/runtime/delivery-queue.ts'

function delivery(id: string, further: Partial<PendingDelivery<unknown>> = {}): PendingDelivery<unknown> {
  return { id, redelivered: false, event: id, ack: () => undefined, nack: () => undefined, ...further }
}

test('handlers that are done at once, each bringing the next: the stack stays flat', async () => {
  const count = 100_000
  let handled = 0
  const queue = new DeliveryQueue(10, (one) => {
    handled += 1
    if (handled < count) void queue.push(delivery(String(handled)))
    queue.finish(one)
  })
  await queue.push(delivery('first'))
  expect(handled).toBe(count)
  await queue.end()
})

test('what is claimed by somebody else while it waits is let go, and what follows is handled', async () => {
  const running: PendingDelivery<unknown>[] = []
  const queue = new DeliveryQueue(1, (one) => void running.push(one))
  await queue.push(delivery('a'))
  const lost = queue.push(delivery('b', { claim: () => false }))
  const next = queue.push(delivery('c', { claim: () => true }))
  queue.finish(running[0] as PendingDelivery<unknown>)
  await Promise.all([lost, next])
  expect(running.map(({ id }) => id)).toEqual(['a', 'c'])
  queue.finish(running[1] as PendingDelivery<unknown>)
  await queue.end()
})

test('one key is handled one after the other, others pass it', async () => {
  const running: PendingDelivery<unknown>[] = []
  const queue = new DeliveryQueue(2, (one) => void running.push(one))
  await queue.push(delivery('a1', { key: 'a' }))
  const second = queue.push(delivery('a2', { key: 'a' }))
  await queue.push(delivery('b1', { key: 'b' }))
  expect(running.map(({ id }) => id)).toEqual(['a1', 'b1'])
  queue.finish(running[0] as PendingDelivery<unknown>)
  await second
  expect(running.map(({ id }) => id)).toEqual(['a1', 'b1', 'a2'])
})
