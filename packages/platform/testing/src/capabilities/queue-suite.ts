import { ConnectorError, type AnyConnector } from '@casare/core'
import { ensure, ensureEqual, inapplicable, isNotApplicable, type Check, type NotApplicable } from '../checks/check.ts'
import { registerChecks, type TestRunner } from '../checks/run-checks.ts'
import type { Target } from '../subject/connector-subject.ts'
import { bodies, comparable } from './queue-bodies.ts'
import { ensureOrder, eventually, messagesOf, QueueWorld } from './queue-world.ts'
import type { QueueMessage, QueueSubject } from './queue.ts'

const promise = 'queue'
const notNow = (retryAfterMs: number): ConnectorError =>
  new ConnectorError({ code: 'unavailable', applied: 'no', message: 'Not now.', retryAfterMs })
const never = (): ConnectorError => new ConnectorError({ code: 'invalid_input', message: 'Never.' })

/** What every queue keeps: each message is handled, and handled until it is acknowledged. */
export function queueChecks<Peered extends Target>(connector: AnyConnector, subject: QueueSubject<Peered>): Check[] {
  const check = (name: string, run: (world: QueueWorld<Peered>) => Promise<number>): Check => ({
    promise,
    name,
    async run() {
      const world = new QueueWorld(connector, subject, await subject.start())
      try {
        return await run(world)
      } finally {
        await world.end()
      }
    },
  })
  const where = <Part>(
    part: Part | NotApplicable | undefined,
    name: string,
    run: (world: QueueWorld<Peered>, part: Part) => Promise<number>,
  ): Check =>
    isNotApplicable(part)
      ? inapplicable(promise, name, part)
      : check(name, (world) => run(world, part as Exclude<Part, NotApplicable>))
  const { concurrency, delays, deadLettered, cut, poison, maxAhead = 100, backlog = 2_000 } = subject

  return [
    check('each of 300 messages is handled once, and gone when it was', async (world) => {
      const messages = messagesOf(300, 7)
      const seen: QueueMessage[] = []
      await world.listen(async (message) => void seen.push(message), { concurrency: 10 })
      await world.send(messages)
      await arrived(seen, messages.length)
      await world.emptied()
      ensureEqual(numbersOf(seen), numbersOf(messages), 'handled')
      return messages.length
    }),
    check('what was acknowledged comes to nobody else', async (world) => {
      const first: QueueMessage[] = []
      const subscription = await world.listen(async (message) => void first.push(message))
      await world.send(messagesOf(20))
      await arrived(first, 20)
      await world.emptied()
      await subscription.stop()
      const second: QueueMessage[] = []
      await world.listen(async (message) => void second.push(message))
      await world.send([{ number: 99, key: 'key-0', body: 'later' }])
      await arrived(second, 1)
      ensureEqual(numbersOf(second), [99], 'handled by the second listener')
      return 21
    }),
    where(delays, 'what is given back comes again, not before its delay, and says so', async (world) => {
      const times: number[] = []
      let redelivered = false
      await world.listen(async (_message, delivery) => {
        times.push(performance.now())
        redelivered = delivery.redelivered
        if (times.length === 1) throw notNow(400)
      })
      await world.send(messagesOf(1))
      await eventually(
        () => times.length === 2,
        () => `handled ${times.length} times`,
      )
      // Clocks of the two sides may differ by a tick.
      ensure((times[1] ?? 0) - (times[0] ?? 0) >= 380, 'it came again before its delay')
      ensure(redelivered, 'the second delivery does not say that it is one')
      await world.emptied()
      return 1
    }),
    check('a handler that fails at first handles all in the end', async (world) => {
      const messages = messagesOf(30, 3)
      const failed = new Set<number>()
      const handled = new Set<number>()
      await world.listen(
        async ({ number }) => {
          if (number % 3 === 0 && !failed.has(number)) {
            failed.add(number)
            throw number % 2 === 0 ? notNow(1) : new Error('stumbled')
          }
          handled.add(number)
        },
        { concurrency: 4 },
      )
      await world.send(messages)
      await eventually(
        () => handled.size === messages.length,
        () => `${handled.size} of ${messages.length} were handled`,
      )
      await world.emptied()
      return messages.length
    }),
    where(
      deadLettered,
      'what can never be handled is put aside after one try; the others are handled',
      async (world, count) => {
        const seen: QueueMessage[] = []
        await world.listen(async (message) => {
          seen.push(message)
          if (message.number === 1) throw never()
        })
        await world.send(messagesOf(3))
        await arrived(seen, 3)
        await eventually(
          async () => (await count(world.target)) === 1,
          () => 'no dead letter',
        )
        await world.emptied()
        ensureEqual(numbersOf(seen), [0, 1, 2], 'handled')
        return 3
      },
    ),
    where(concurrency, 'as many handlers as were asked for, and no more', async (world) => {
      let running = 0
      let most = 0
      let done = 0
      const release = Promise.withResolvers<void>()
      await world.listen(
        async () => {
          running += 1
          most = Math.max(most, running)
          if (running === 5) release.resolve()
          await release.promise
          running -= 1
          done += 1
        },
        { concurrency: 5 },
      )
      await world.send(messagesOf(60, 20))
      await eventually(
        () => done === 60,
        () => `${done} of 60 were handled, at most ${most} at once`,
      )
      ensure(most === 5, `${most} handlers at once, asked for 5`)
      return 60
    }),
    ...[1, 8].map((atOnce) =>
      check(`messages of one key are handled in their order, ${atOnce} at once`, async (world) => {
        const messages = messagesOf(120, 6)
        const seen: QueueMessage[] = []
        await world.send(messages)
        await world.listen(
          async (message) => {
            await new Promise((resolve) => setImmediate(resolve))
            seen.push(message)
          },
          { concurrency: atOnce },
        )
        await arrived(seen, messages.length)
        ensureOrder(seen, messages)
        return messages.length
      }),
    ),
    check('stop lets handlers finish; what it has not begun goes to the next', async (world) => {
      const messages = messagesOf(10)
      const release = Promise.withResolvers<void>()
      const first: QueueMessage[] = []
      let begun = 0
      const subscription = await world.listen(async (message) => {
        begun += 1
        await release.promise
        first.push(message)
      })
      await world.send(messages)
      await eventually(
        () => begun === 1,
        () => `${begun} handlers were begun`,
      )
      const stopping = subscription.stop()
      release.resolve()
      await stopping
      const finished = first.length
      ensure(finished === begun, `${begun} handlers were begun, ${finished} finished`)
      const second: QueueMessage[] = []
      await world.listen(async (message) => void second.push(message))
      await arrived(second, messages.length - finished)
      await world.emptied()
      ensureEqual(numbersOf([...first, ...second]), numbersOf(messages), 'handled')
      return messages.length
    }),
    where(cut, 'cut while handlers run: none is lost, and what comes again says so', async (world, cutAll) => {
      const messages = messagesOf(40, 4)
      const times = new Map<number, number>()
      const unmarked: number[] = []
      const holding = Promise.withResolvers<void>()
      const release = Promise.withResolvers<void>()
      await world.listen(
        async ({ number }, { redelivered }) => {
          const time = (times.get(number) ?? 0) + 1
          times.set(number, time)
          if (time > 1 && !redelivered) unmarked.push(number)
          if (number !== 12 || time > 1) return
          holding.resolve()
          await release.promise
        },
        { concurrency: 2 },
      )
      await world.send(messages)
      await holding.promise
      await cutAll(world.target)
      release.resolve()
      await eventually(
        () => times.size === messages.length && (times.get(12) ?? 0) >= 2,
        () => `${times.size} of ${messages.length} were handled`,
      )
      await world.emptied()
      ensureEqual(unmarked, [], 'handled again without a word')
      return messages.length
    }),
    check('bodies arrive as they were sent', async (world) => {
      const messages = bodies(subject.largeBytes ?? 1_048_576)
      const seen: QueueMessage[] = []
      await world.listen(async (message) => void seen.push(message))
      await world.send(messages)
      await arrived(seen, messages.length)
      const sorted = seen.sort((a, b) => a.number - b.number)
      for (const [index, { number, body }] of sorted.entries())
        ensure(
          number === index && comparable(body) === comparable(messages[index]?.body),
          `body ${index}: sent ${comparable(messages[index]?.body).slice(0, 80)}, got ${comparable(body).slice(0, 80)}`,
        )
      return messages.length
    }),
    check('a slow listener is not overrun by a fast writer', async (world) => {
      const count = backlog
      const release = Promise.withResolvers<void>()
      let handled = 0
      const subscription = await world.listen(async () => {
        await release.promise
        handled += 1
      })
      const body = 'x'.repeat(10_000)
      const source = (function* () {
        for (const message of messagesOf(count, 5, () => body)) yield world.subject.record(message)
      })()
      const { succeeded } = await world.write(source, { batchRecords: 200 })
      ensure(succeeded === count, `${succeeded} of ${count} were written`)
      await eventually(
        () => subscription.stats.delivered > 0,
        () => 'nothing arrived',
      )
      ensure(
        subscription.stats.delivered <= maxAhead,
        `${subscription.stats.delivered} messages were taken ahead, at most ${maxAhead} may be`,
      )
      release.resolve()
      await eventually(
        () => handled === count,
        () => `${handled} of ${count} were handled`,
      )
      return count
    }),
    where(poison, 'a record that is refused fails alone, by its index', async (world, refused) => {
      const seen: QueueMessage[] = []
      await world.listen(async (message) => void seen.push(message))
      const records: unknown[] = messagesOf(8).map((message) => world.subject.record(message))
      records.splice(3, 0, refused(world.target))
      const { succeeded, failed } = await world.write(records)
      ensureEqual([succeeded, failed.map(({ index, error }) => [index, error.applied])], [8, [[3, 'no']]], 'result')
      await arrived(seen, 8)
      ensureEqual(numbersOf(seen), [0, 1, 2, 3, 4, 5, 6, 7], 'handled')
      return 9
    }),
  ]
}

/** Registers `queueChecks` as tests. */
export function queueSuite<Peered extends Target>(
  connector: AnyConnector,
  subject: QueueSubject<Peered>,
  runner?: TestRunner,
): void {
  registerChecks(
    { connector: connector.connectorName, suite: promise, peer: subject.peer },
    queueChecks(connector, subject),
    runner,
  )
}

function arrived(seen: readonly unknown[], count: number): Promise<void> {
  return eventually(
    () => seen.length >= count,
    () => `${seen.length} of ${count} messages arrived`,
  )
}

function numbersOf(messages: readonly QueueMessage[]): number[] {
  return messages.map(({ number }) => number).sort((a, b) => a - b)
}
