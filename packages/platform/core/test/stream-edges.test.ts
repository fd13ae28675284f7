import { afterEach, describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import {
  anyRecord,
  ConnectorError,
  defineConnector,
  listens,
  reads,
  schema,
  session,
  stream,
  writes,
} from '../src/index.ts'
import type { ListenContext, Page, PendingDelivery, ReadContext, WriteContext } from '../src/index.ts'
import { channels } from '../src/index.ts'
import { fast, lost } from './support/shelf.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

type Failures = readonly { index: number; error: unknown }[] | undefined
interface Script {
  readonly pages?: (context: ReadContext<number>) => AsyncIterable<Page<unknown, number>>
  readonly identified?: boolean
  readonly subscribe?: (context: ListenContext<unknown>) => Promise<void>
  readonly heartbeatMs?: number
  readonly write?: (records: readonly unknown[], context: WriteContext) => Promise<Failures> | Failures
  readonly effect?: 'unsafe' | 'idempotent' | 'keyed' | (() => 'idempotent')
  readonly atomic?: boolean
  readonly maxBatchRecords?: number | (() => number)
  readonly open?: () => Promise<object>
  readonly config?: object
}

/** A connector whose one stream does what a test says. */
function scripted(script: Script) {
  const { heartbeatMs, maxBatchRecords, atomic } = script
  const connector = defineConnector({
    name: 'scripted',
    title: 'The Script',
    category: 'other',
    contractVersion: 1,
    config: schema(z.strictObject({})),
    uses: ['readOnly'],
    open: script.open ?? (() => Promise.resolve({})),
    toError: () => undefined,
    streams: {
      lines: stream({
        description: 'Lines.',
        read: reads({
          input: z.strictObject({}),
          record: z.unknown(),
          cursor: z.number(),
          ...(script.identified === true ? { identify: (record: unknown) => ({ id: String(record) }) } : {}),
          pages: (_client: object, _input, context) => script.pages?.(context) ?? nothing(),
        }),
        listen: listens({
          input: z.strictObject({}),
          event: z.unknown(),
          ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
          subscribe: (_client: object, _input, context) => script.subscribe?.(context) ?? Promise.resolve(),
        }),
        write: writes({
          input: z.strictObject({}),
          record: anyRecord,
          effect: script.effect ?? 'idempotent',
          ...(maxBatchRecords === undefined ? {} : { maxBatchRecords }),
          ...(atomic === undefined ? {} : { atomic }),
          write: (_client: object, records, _input, context) => script.write?.(records, context) as never,
        }),
      }),
      deaf: stream({
        description: 'Deaf.',
        read: reads({ input: z.strictObject({}), record: anyRecord, cursor: z.number(), pages: () => nothing() }),
      }),
    },
  })
  const connection = connector({ ...fast, ...script.config } as never)
  open.push(connection)
  return connection
}

async function* nothing(): AsyncIterable<never> {}

async function failure(promise: Promise<unknown>): Promise<ConnectorError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (ConnectorError.is(error)) return error
  throw new Error('it did not fail as it should')
}

async function collect<T>(records: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const record of records) all.push(record)
  return all
}

const numbered = (count: number): { n: number }[] => Array.from({ length: count }, (_, n) => ({ n }))

describe('reading', () => {
  test('a page says that it is the last; an empty page does not', async () => {
    let asked = 0
    const connection = scripted({
      async *pages() {
        for (const records of [[1], [], [2, 3]]) {
          asked += 1
          yield { records, cursor: asked, last: asked === 3 }
        }
        asked += 1
      },
    })
    expect(await collect(connection.lines.read({}))).toEqual([1, 2, 3])
    expect(asked).toBe(3)
  })

  test.each([
    ['no records', { cursor: 1 }],
    ['no cursor', { records: [1] }],
  ])('a page with %s is a defect', async (_name, page) => {
    const connection = scripted({
      async *pages() {
        yield page as never
      },
    })
    expect(await failure(collect(connection.lines.read({})))).toMatchObject({
      code: 'internal',
      message: 'lines.read: a page needs records and a cursor.',
    })
  })

  test('the page size reaches the connector; one that is none is refused at once', async () => {
    const sizes: unknown[] = []
    const connection = scripted({
      pages: ({ maxRecords }) => {
        sizes.push(maxRecords)
        return nothing()
      },
    })
    await collect(connection.lines.read({}, { pageSize: 1 }))
    await collect(connection.lines.read({}))
    expect(sizes).toEqual([1, undefined])
    for (const pageSize of [0, 1.5, -1, NaN])
      expect(() => connection.lines.read({}, { pageSize })).toThrow(/pageSize must be a whole number from 1/)
  })

  test('what the generator sees: its own signal, ended with the read, and the context of the call', async () => {
    const seen: ReadContext<number>[] = []
    const connection = scripted({
      async *pages(context) {
        seen.push(context)
        yield { records: [1], cursor: 1 }
        yield { records: [2], cursor: 2 }
      },
    })
    for await (const page of connection.lines.read({}, { cursor: 7 }).pages()) {
      expect(page.records).toEqual([1])
      expect(seen[0]?.signal.aborted).toBe(false)
      break
    }
    expect(seen[0]).toMatchObject({ cursor: 7, attempt: 1, effect: 'read', idempotencyKey: undefined, fileRoots: [] })
    expect(seen[0]?.redactor).toBeDefined()
    expect(seen[0]?.vendor).toBeUndefined()
    expect([seen[0]?.deadline, seen[0]?.remainingMs]).toEqual([undefined, undefined])
    seen[0]?.note({})
    expect(seen[0]?.signal.aborted).toBe(true)
  })

  test('a cancelled read ends its generator, and a page already on its way', async () => {
    const own = new AbortController()
    let ended = false
    const connection = scripted({
      async *pages({ signal }) {
        try {
          yield { records: [1], cursor: 1 }
          await new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
          )
        } finally {
          ended = true
        }
      },
    })
    const reading = collect(connection.lines.read({}, { signal: own.signal }))
    setTimeout(() => own.abort(), 10)
    expect(await failure(reading)).toMatchObject({ code: 'cancelled', operation: 'lines.read' })
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(ended).toBe(true)
  })

  test('a generator whose end fails does not fail the reader', async () => {
    const connection = scripted({
      pages: () => ({
        [Symbol.asyncIterator]: () => ({
          next: () => Promise.resolve({ done: false, value: { records: [1], cursor: 1 } }),
          return: () => Promise.reject(new Error('cannot end')),
        }),
      }),
    })
    for await (const record of connection.lines.read({})) {
      expect(record).toBe(1)
      break
    }
  })

  describe('a page for JSON faces', () => {
    const five = (identified = false) =>
      scripted({
        identified,
        async *pages({ cursor = 0 }) {
          for (let n = cursor; n < 6; n += 3) yield { records: [n, n + 1, n + 2], cursor: n + 3, last: n === 3 }
        },
      })

    test('goes on within a page and behind it, until the last', async () => {
      for (const identified of [false, true]) {
        const connection = five(identified)
        const taken: unknown[][] = []
        let cursor: unknown
        for (let i = 0; i < 10; i += 1) {
          const page = await connection.$.read('lines', {}, { cursor, maxRecords: 2 })
          taken.push([...page.records])
          cursor = JSON.parse(JSON.stringify(page.cursor))
          if (page.done) break
        }
        expect(taken).toEqual([[0, 1], [2], [3, 4], [5]])
      }
    })

    test('is bounded by its bytes, but never empty', async () => {
      const big = scripted({
        async *pages() {
          yield { records: ['xxxxxxxx', 'y', 'z'], cursor: 1, last: true }
        },
      })
      expect((await big.$.read('lines', {}, { maxBytes: 1 })).records).toEqual(['xxxxxxxx'])
      expect((await big.$.read('lines', {}, { maxBytes: 13 })).records).toEqual(['xxxxxxxx', 'y'])
      expect((await big.$.read('lines', {}, { maxBytes: 12 })).records).toEqual(['xxxxxxxx'])
      expect(await big.$.read('lines', {}, { maxBytes: 16 })).toMatchObject({ done: true })
    })

    test('nothing there: done, with the cursor that was given', async () => {
      const connection = scripted({})
      expect(await connection.$.read('lines', {})).toEqual({ records: [], cursor: null, done: true })
      expect(await connection.$.read('lines', {}, { cursor: { after: 3 } })).toEqual({
        records: [],
        cursor: { after: 3 },
        done: true,
      })
      for (const cursor of [3, 'x', [1]])
        await expect(connection.$.read('lines', {}, { cursor })).rejects.toThrow(
          /must be one that an earlier page gave/,
        )
      expect(await connection.$.read('lines', {}, { cursor: null })).toMatchObject({ done: true })
    })

    test('a record that is gone: the whole page again, nothing skipped', async () => {
      const connection = five(true)
      const page = await connection.$.read('lines', {}, { cursor: { skip: 2, id: 'gone' } })
      expect(page.records).toEqual([0, 1, 2])
      const shorter = five(false)
      expect((await shorter.$.read('lines', {}, { cursor: { skip: 9 } })).records).toEqual([])
    })

    test('streams and facets by their own names', async () => {
      const connection = scripted({})
      await expect(connection.$.read('line', {})).rejects.toThrow(/has no stream "line". Did you mean "lines"/)
      await expect(connection.$.read('toString', {})).rejects.toMatchObject({ code: 'unsupported' })
      expect(() => connection.$.listen('deaf', {}, () => Promise.resolve())).toThrow(/deaf of scripted cannot listen/)
      await expect(connection.$.write('deaf', [], {})).rejects.toThrow(/cannot write/)
      await expect(connection.$.write('lines', 3 as never, {})).rejects.toThrow(/a list or a stream/)
      await expect(connection.$.write('lines', null as never, {})).rejects.toThrow(/a list or a stream/)
    })
  })
})

describe('writing', () => {
  const recording = (script: Script = {}) => {
    const batches: unknown[][] = []
    const connection = scripted({
      ...script,
      write: (records, context) => {
        batches.push([...records])
        return script.write?.(records, context)
      },
    })
    return { batches, connection }
  }
  const sizes = (batches: readonly unknown[][]): number[] => batches.map((batch) => batch.length)

  test('batches: of the connector, of a hundred, or smaller ones that were asked for', async () => {
    const usual = recording()
    await usual.connection.lines.write(numbered(201), {})
    expect(sizes(usual.batches)).toEqual([100, 100, 1])
    for (const maxBatchRecords of [4, () => 4]) {
      const own = recording({ maxBatchRecords })
      await own.connection.lines.write(numbered(8), {})
      await own.connection.lines.write(numbered(3), {}, { batchRecords: 2 })
      await own.connection.lines.write(numbered(5), {}, { batchRecords: 50 })
      expect(sizes(own.batches)).toEqual([4, 4, 2, 1, 4, 1])
      for (const batchRecords of [0, 1.5, -1])
        await expect(own.connection.lines.write([], {}, { batchRecords })).rejects.toThrow(/batchRecords must be/)
    }
  })

  test('nothing to write is nothing written, but the connection is looked at', async () => {
    const { batches, connection } = recording()
    expect(await connection.lines.write([], {})).toEqual({ succeeded: 0, failed: [] })
    expect(batches).toEqual([])
    const closed = scripted({
      open: () => Promise.reject(new ConnectorError({ code: 'unauthenticated', message: 'no' })),
    })
    await expect(closed.lines.write([], {})).rejects.toMatchObject({
      code: 'unauthenticated',
      operation: 'lines.write',
    })
  })

  test('a stream of records is written as it comes', async () => {
    const { batches, connection } = recording({ maxBatchRecords: 2 })
    async function* records() {
      yield* numbered(2)
      expect(batches).toHaveLength(1)
      yield { n: 2 }
    }
    expect(await connection.lines.write(records(), {})).toEqual({ succeeded: 3, failed: [] })
    expect(sizes(batches)).toEqual([2, 1])
  })

  test('keys: the caller’s, or one for each record where the effect asks for it, or none', async () => {
    const keys: unknown[] = []
    const noting = (effect: Script['effect']) =>
      scripted({
        ...(effect === undefined ? {} : { effect }),
        write: (_records, context) => {
          keys.push(context.keys)
          return undefined
        },
      })
    await noting('idempotent').lines.write(numbered(2), {})
    await noting(() => 'idempotent').lines.write(
      numbered(2),
      {},
      { key: (record, index) => `${index}-${(record as { n: number }).n}` },
    )
    await noting('keyed').lines.write(numbered(2), {})
    await noting('idempotent')
      .lines.write(numbered(1), {}, { effect: 'keyed' as never })
      .catch(() => undefined)
    expect(keys[0]).toBeUndefined()
    expect(keys[1]).toEqual(['0-0', '1-1'])
    expect(new Set(keys[2] as string[]).size).toBe(2)
  })

  test('records that fail: for good, or after all attempts, each with its own reason', async () => {
    let attempts = 0
    const connection = scripted({
      write: (records) => {
        attempts += 1
        return (records as { n: number }[]).flatMap(({ n }, index) => {
          if (n === 1) return [{ index, error: new ConnectorError({ code: 'conflict', message: 'c' }) }]
          if (n === 2)
            return [{ index, error: new ConnectorError({ code: 'rate_limited', message: 'r', overload: false }) }]
          return n === 4 ? [{ index, error: lost() }] : []
        })
      },
    })
    const { succeeded, failed } = await connection.lines.write(numbered(5), {})
    expect(succeeded).toBe(2)
    expect(failed.map(({ index, error }) => [index, error.code, error.retryable])).toEqual([
      [1, 'conflict', false],
      [2, 'rate_limited', true],
      [4, 'unavailable', true],
    ])
    expect(failed[0]?.error).toMatchObject({ connector: 'scripted', operation: 'lines.write', attempts: 1 })
    expect(attempts).toBe(3)
  })

  test('an unsafe record whose outcome is open is not sent again', async () => {
    let attempts = 0
    const connection = scripted({
      effect: 'unsafe',
      write: () => {
        attempts += 1
        return [{ index: 0, error: lost() }]
      },
    })
    const { failed } = await connection.lines.write(numbered(2), {})
    expect(failed).toMatchObject([{ index: 0, error: { code: 'unavailable', applied: 'maybe', retryable: false } }])
    expect(attempts).toBe(1)
  })

  test('a failure that names no record of the batch is a defect of all of it', async () => {
    const connection = scripted({ write: () => [{ index: 7, error: new Error('x') }] })
    const { failed } = await connection.lines.write(numbered(2), {})
    expect(failed).toMatchObject([
      { index: 0, error: { code: 'internal', message: expect.stringContaining('names record 7') } },
      { index: 1, error: { code: 'internal' } },
    ])
  })

  test('a batch that fails as a whole: split only where the sink is atomic and the reason is a record', async () => {
    const refusing =
      (code: 'invalid_input' | 'permission_denied' | 'conflict' | 'already_exists' | 'not_found') =>
      (records: readonly unknown[]) => {
        if ((records as { n: number }[]).some(({ n }) => n === 2)) throw new ConnectorError({ code, message: 'bad' })
        return undefined
      }
    for (const code of ['invalid_input', 'conflict', 'already_exists', 'not_found'] as const) {
      const atomic = recording({ atomic: true, write: refusing(code) })
      const { failed } = await atomic.connection.lines.write(numbered(5), {})
      expect(failed).toMatchObject([{ index: 2, error: { code } }])
      expect(sizes(atomic.batches)).toEqual([5, 3, 2, 1, 2])
    }
    const whole = recording({ atomic: true, write: refusing('permission_denied') })
    expect((await whole.connection.lines.write(numbered(3), {})).failed).toHaveLength(3)
    expect(sizes(whole.batches)).toEqual([3])
    const loose = recording({ write: refusing('invalid_input') })
    expect((await loose.connection.lines.write(numbered(3), {})).failed).toHaveLength(3)
    const open = recording({
      atomic: true,
      write: () => {
        throw new ConnectorError({ code: 'conflict', applied: 'maybe', message: 'half' })
      },
    })
    expect((await open.connection.lines.write(numbered(3), {})).failed).toHaveLength(3)
    expect(sizes(open.batches)).toEqual([3])
  })

  test('cancelled in the middle: thrown', async () => {
    const own = new AbortController()
    const connection = scripted({
      write: () => {
        own.abort()
        throw new Error('cut')
      },
    })
    expect(await failure(connection.lines.write(numbered(2), {}, { signal: own.signal }))).toMatchObject({
      code: 'cancelled',
    })
  })
})

describe('listening', () => {
  const delivery = (
    id: string,
    log: string[],
    more: Partial<PendingDelivery<unknown>> = {},
  ): PendingDelivery<unknown> => ({
    id,
    redelivered: true,
    event: { id },
    ack: () => void log.push(`ack ${id}`),
    nack: (_error, delayMs) => void log.push(`nack ${id} ${delayMs}`),
    ...more,
  })
  const until = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    })

  test('what the handler gets', async () => {
    const seen: unknown[] = []
    const log: string[] = []
    const connection = scripted({
      async subscribe({ deliver, ready, signal, concurrency, alive }) {
        ready()
        alive()
        seen.push(concurrency)
        await deliver(delivery('a', log, { key: 'k' }))
        await until(signal)
      },
    })
    const subscription = connection.lines.listen(
      {},
      (event, { id, key, redelivered, signal }) => {
        seen.push(event, id, key, redelivered, signal.aborted)
        return Promise.resolve()
      },
      { concurrency: 3 },
    )
    await subscription.ready
    while (log.length === 0) await new Promise((resolve) => setTimeout(resolve, 2))
    expect(subscription.alive).toBe(true)
    await subscription.stop()
    expect(seen).toEqual([3, { id: 'a' }, 'a', 'k', true, false])
    expect(log).toEqual(['ack a'])
    await subscription.closed
    for (const concurrency of [0, 10_001, 1.5, NaN])
      expect(() => connection.lines.listen({}, () => Promise.resolve(), { concurrency })).toThrow(/from 1 to 10,000/)
  })

  test('what a failure does with an event', async () => {
    const log: string[] = []
    const told: unknown[] = []
    const failures: Record<string, unknown> = {
      plain: new Error('x'),
      wait: new ConnectorError({ code: 'rate_limited', message: 'x', retryAfterMs: 7 }),
      long: new ConnectorError({ code: 'rate_limited', message: 'x', retryAfterMs: 600_000 }),
      poison: new ConnectorError({ code: 'invalid_input', message: 'x' }),
      cancelled: new ConnectorError({ code: 'cancelled', message: 'x' }),
      'poison without a dead letter': new ConnectorError({ code: 'invalid_input', message: 'x' }),
    }
    const connection = scripted({
      async subscribe({ deliver, ready, signal }) {
        ready()
        for (const id of Object.keys(failures))
          await deliver(
            delivery(id, log, id.includes('without') ? {} : { deadLetter: () => void log.push(`dead ${id}`) }),
          )
        await until(signal)
      },
    })
    const subscription = connection.lines.listen(
      {},
      (event) => {
        const error = failures[(event as { id: string }).id]
        // One throws at once, the others by their promise.
        if ((event as { id: string }).id === 'plain') throw error as Error
        return Promise.reject(error)
      },
      { onError: (error) => told.push(error) },
    )
    while (log.length < 6) await new Promise((resolve) => setTimeout(resolve, 2))
    await subscription.stop()
    expect(log).toEqual([
      'nack plain 1000',
      'nack wait 7',
      'nack long 60000',
      'dead poison',
      'nack cancelled 1000',
      'nack poison without a dead letter 1000',
    ])
    expect(told).toEqual(Object.values(failures))
    expect(subscription.stats).toMatchObject({
      delivered: 6,
      acknowledged: 0,
      returned: 5,
      deadLettered: 1,
      inFlight: 0,
    })
  })

  test('an answer that fails is told, and the next event is handled', async () => {
    const log: string[] = []
    const told: unknown[] = []
    const connection = scripted({
      async subscribe({ deliver, ready, signal }) {
        ready()
        await deliver(
          delivery('throws', log, {
            ack: () => {
              throw new Error('cannot ack')
            },
          }),
        )
        await deliver(delivery('next', log))
        await until(signal)
      },
    })
    const subscription = connection.lines.listen({}, () => Promise.resolve(), { onError: (error) => told.push(error) })
    while (log.length < 1) await new Promise((resolve) => setTimeout(resolve, 2))
    await subscription.stop()
    expect(told).toMatchObject([{ message: 'cannot ack' }])
    expect(subscription.stats).toMatchObject({ delivered: 2, acknowledged: 1, inFlight: 0 })
  })

  test('a handler that is done at once needs no promise', async () => {
    const log: string[] = []
    const connection = scripted({
      async subscribe({ deliver, ready, signal }) {
        ready()
        await deliver(delivery('a', log))
        await until(signal)
      },
    })
    const subscription = connection.lines.listen({}, () => undefined)
    await subscription.ready
    while (log.length === 0) await new Promise((resolve) => setTimeout(resolve, 2))
    await subscription.stop()
    expect(log).toEqual(['ack a'])
  })

  test('stop waits for handlers, and tells them when it waits no longer', async () => {
    const log: string[] = []
    let reason: unknown
    const connection = scripted({
      async subscribe({ deliver, ready, signal }) {
        ready()
        await deliver(delivery('slow', log))
        await until(signal)
      },
    })
    const subscription = connection.lines.listen(
      {},
      (_event, { signal }) =>
        new Promise((resolve) =>
          signal.addEventListener(
            'abort',
            () => {
              reason = signal.reason
              resolve(undefined)
            },
            { once: true },
          ),
        ),
    )
    while (subscription.stats.inFlight === 0) await new Promise((resolve) => setTimeout(resolve, 2))
    await subscription.stop({ drainMs: 10 })
    expect(reason).toMatchObject({ code: 'cancelled', message: 'The subscription was stopped.' })
    expect(log).toEqual(['ack slow'])
  })

  test('the caller’s signal, before or after, and the end of the connection, stop it', async () => {
    const connection = scripted({
      async subscribe({ ready, signal }) {
        ready()
        await until(signal)
      },
    })
    const never = connection.lines.listen({}, () => Promise.resolve(), { signal: AbortSignal.abort() })
    await expect(never.ready).rejects.toMatchObject({ code: 'cancelled' })
    await never.closed
    const own = new AbortController()
    const stopped = connection.lines.listen({}, () => Promise.resolve(), { signal: own.signal })
    await stopped.ready
    own.abort()
    await stopped.closed
    expect(stopped.alive).toBe(false)
    await using last = connection.lines.listen({}, () => Promise.resolve())
    await last.ready
    await connection.close()
    await last.closed
  })

  test('a system that ends the subscription is asked again; what is hopeless at first is not hopeless later', async () => {
    const errors: unknown[] = []
    const events: { name: string; detail: Readonly<Record<string, unknown>> }[] = []
    const listen = (event: unknown): void => void events.push(event as never)
    channels.event.subscribe(listen)
    let subscriptions = 0
    const connection = scripted({
      async subscribe({ ready, signal }) {
        subscriptions += 1
        if (subscriptions === 2) throw new ConnectorError({ code: 'unauthenticated', message: 'rotated' })
        ready()
        if (subscriptions > 2) await until(signal)
      },
    })
    const subscription = connection.lines.listen({}, () => Promise.resolve(), {
      onError: (error) => errors.push(error),
    })
    while (subscriptions < 3) await new Promise((resolve) => setTimeout(resolve, 5))
    await subscription.stop()
    channels.event.unsubscribe(listen)
    expect(errors).toMatchObject([
      { code: 'unavailable', message: 'lines.listen: the system ended the subscription.', attempts: 1 },
      { code: 'unauthenticated', attempts: 2 },
    ])
    expect(subscription.stats.reconnects).toBe(2)
    expect(events).toMatchObject([
      { connector: 'scripted', name: 'reconnect', detail: { operation: 'lines.listen', code: 'unavailable' } },
      { name: 'reconnect', detail: { code: 'unauthenticated' } },
    ])
  })

  test('signs of life keep a quiet subscription; silence is told and ends it', async () => {
    const events: { name: string }[] = []
    const listen = (event: unknown): void => void events.push(event as never)
    channels.event.subscribe(listen)
    const errors: unknown[] = []
    let subscriptions = 0
    const connection = scripted({
      heartbeatMs: 60,
      async subscribe({ ready, alive, signal }) {
        subscriptions += 1
        ready()
        const beat = subscriptions === 1 ? setInterval(alive, 10) : undefined
        if (subscriptions === 1) setTimeout(() => clearInterval(beat), 150)
        await until(signal)
        clearInterval(beat)
      },
    })
    const subscription = connection.lines.listen({}, () => Promise.resolve(), {
      onError: (error) => errors.push(error),
    })
    await subscription.ready
    await new Promise((resolve) => setTimeout(resolve, 120))
    expect([subscriptions, subscription.alive]).toEqual([1, true])
    while (subscriptions < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    await subscription.stop()
    channels.event.unsubscribe(listen)
    expect(errors[0]).toMatchObject({ code: 'timeout', message: 'lines.listen: no sign of life for 60 ms.' })
    expect(events.map(({ name }) => name).slice(0, 2)).toEqual(['stalled', 'reconnect'])
  })
})

describe('sessions', () => {
  const attempts: unknown[] = []
  const connector = defineConnector({
    name: 'scoped',
    title: 'Scoped',
    category: 'other',
    contractVersion: 1,
    config: schema(z.strictObject({ name: z.string().optional() })),
    open: () => ({}),
    toError: () => undefined,
    sessions: {
      scope: session({
        description: 'A scope.',
        input: z.strictObject({ twice: z.boolean().default(false) }),
        async run(client: object, { twice }, { remainingMs }, work) {
          attempts.push(remainingMs)
          if (twice) await work(client).catch(() => undefined)
          return work(client)
        },
      }),
    },
  })

  test('takes a function; its input is checked; what the callback throws leaves as it is, whatever it is', async () => {
    await using connection = connector({ timeouts: { callMs: 5 } })
    expect(() => connection.scope(undefined as never)).toThrow(/scope takes a function/)
    await expect(connection.scope(() => Promise.resolve(1), { twice: 3 } as never)).rejects.toThrow(
      /scope input: twice/,
    )
    for (const thrown of [undefined, 'text', new Error('mine')])
      await expect(connection.scope(() => Promise.reject(thrown as Error))).rejects.toBe(thrown)
    // The time limit of calls is not that of a session.
    expect(await connection.scope(() => new Promise((resolve) => setTimeout(() => resolve('late'), 15)))).toBe('late')
    expect(attempts.at(-1)).toBeUndefined()
  })

  test('a callback that fails first and works then has worked', async () => {
    await using connection = connector({})
    let runs = 0
    const result = connection.scope(
      () => {
        runs += 1
        return runs === 1 ? Promise.reject(new Error('first')) : Promise.resolve(runs)
      },
      { twice: true },
    )
    expect(await result).toBe(2)
  })
})
