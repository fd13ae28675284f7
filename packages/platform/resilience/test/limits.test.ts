import { describe, expect, test } from '@jest/globals'
import { adaptiveConcurrency, bulkhead, composeWith, pipeline, rateLimit, timeout } from '../src/index.ts'
import type { AdaptiveConcurrencyOptions, PipelineEvent } from '../src/index.ts'
import { deferred, failure, settle, VirtualClock, watch } from './virtual-clock.ts'

const busy = { retryable: true, applied: 'no', overload: true }
const swallow = () => undefined

describe('bulkhead', () => {
  test('runs so many at once, queues so many, and rejects the rest', async () => {
    const slots = bulkhead({ maxConcurrent: 2, maxQueued: 3 })
    const slow = deferred<string>()
    const calls = Array.from({ length: 7 }, () => watch(slots.execute(() => slow.promise)))
    await settle()
    expect(slots.state()).toEqual({ inFlight: 2, queued: 3 })
    expect(calls.map(({ error }) => error?.code)).toEqual([
      ...Array<undefined>(5).fill(undefined),
      'bulkhead_full',
      'bulkhead_full',
    ])
    expect(calls[6]?.error).toMatchObject({ applied: 'no', retryable: true })
    slow.resolve('done')
    await settle()
    expect(calls.slice(0, 5).every(({ value }) => value === 'done')).toBe(true)
    expect(slots.state()).toEqual({ inFlight: 0, queued: 0 })
  })

  test('20,000 queued functions that throw at once do not overflow the stack', async () => {
    const slots = bulkhead({ maxConcurrent: 1, maxQueued: 20_000 })
    let ran = 0
    const calls = Array.from({ length: 20_000 }, () =>
      slots
        .execute(() => {
          ran++
          throw new Error('at once')
        })
        .catch(swallow),
    )
    await Promise.all(calls)
    expect(ran).toBe(20_000)
    expect(slots.state()).toEqual({ inFlight: 0, queued: 0 })
  })

  test('two pipelines that share the value share the slots', async () => {
    const slots = bulkhead({ maxConcurrent: 1, maxQueued: 0 })
    const one = pipeline({ bulkhead: slots })
    const other = pipeline({ bulkhead: slots })
    const slow = deferred<string>()
    const running = one.execute(() => slow.promise)
    await expect(other.execute(async () => 'no')).rejects.toMatchObject({ code: 'bulkhead_full' })
    slow.resolve('done')
    await running
    await expect(other.execute(async () => 'yes')).resolves.toBe('yes')
  })
})

describe('rate limit', () => {
  test('lets a burst start, then one per interval in order, and rejects beyond the queue', async () => {
    const clock = new VirtualClock(0)
    const limit = rateLimit({ permits: 2, perMs: 1_000, maxQueued: 3 })
    const policies = composeWith({ clock }, limit)
    const started: [number, number][] = []
    const calls = Array.from({ length: 6 }, (_, call) =>
      watch(policies.execute(async () => void started.push([call, clock.now()]))),
    )
    await settle()
    expect(calls[5]?.error).toMatchObject({ code: 'rate_limited', applied: 'no', retryable: true, retryAfterMs: 2_000 })
    expect(limit.state()).toEqual({ permits: 0, queued: 3 })
    await clock.advance(5_000)
    expect(started).toEqual([
      [0, 0],
      [1, 0],
      [2, 500],
      [3, 1_000],
      [4, 1_500],
    ])
    expect(clock.pending.all).toBe(0)
  })

  test('a newcomer does not take the turn of one who waits', async () => {
    const clock = new VirtualClock(0)
    const policies = composeWith({ clock }, rateLimit({ permits: 3, burst: 1 }))
    const order: string[] = []
    await policies.execute(async () => 1)
    void policies.execute(async () => order.push('waits'))
    // The turn has come, its timer has not.
    await clock.advance(333.5)
    void policies.execute(async () => order.push('newcomer'))
    await clock.advance(1_000)
    expect(order).toEqual(['waits', 'newcomer'])
  })

  test('saves up no more than the burst', async () => {
    const clock = new VirtualClock()
    const policies = composeWith({ clock }, rateLimit({ permits: 10, burst: 2, maxQueued: 0 }))
    await clock.advance(3_600_000)
    const calls = Array.from({ length: 4 }, () => watch(policies.execute(async () => 1)))
    await settle()
    expect(calls.map(({ state }) => state)).toEqual(['resolved', 'resolved', 'rejected', 'rejected'])
  })

  test('counts attempts, not calls', async () => {
    const clock = new VirtualClock(0)
    const policies = pipeline({
      clock,
      random: () => 0,
      breaker: false,
      concurrency: false,
      rateLimit: { permits: 1, perMs: 1_000 },
    })
    const at: number[] = []
    void policies.execute(() => Promise.reject((at.push(clock.now()), failure({ retryable: true })))).catch(swallow)
    await clock.advance(10_000)
    expect(at).toEqual([0, 1_000, 2_000])
  })

  test('a turn that its caller gave up goes to the next', async () => {
    const clock = new VirtualClock(0)
    const policies = composeWith({ clock }, rateLimit({ permits: 1, perMs: 1_000 }))
    await policies.execute(async () => 1)
    const controller = new AbortController()
    const gone = watch(policies.execute(async () => 2, { signal: controller.signal }))
    const next = watch(policies.execute(async () => 3))
    controller.abort()
    await clock.advance(1_010)
    expect(gone.error).toMatchObject({ code: 'cancelled', applied: 'no' })
    expect(next.value).toBe(3)
  })
})

describe('adaptive concurrency', () => {
  function make(options: AdaptiveConcurrencyOptions = {}) {
    const clock = new VirtualClock()
    const limit = adaptiveConcurrency(options)
    const events: PipelineEvent[] = []
    const policies = composeWith({ clock, random: () => 0.5, onEvent: (event) => events.push(event) }, limit)
    return { clock, limit, policies, events }
  }

  /** So many calls at once, which all end the same way. */
  async function round(policies: ReturnType<typeof make>['policies'], count: number, error?: Error): Promise<void> {
    const answer = deferred<string>()
    const calls = Array.from({ length: count }, () => policies.execute(() => answer.promise).catch(swallow))
    if (error === undefined) answer.resolve('ok')
    else answer.reject(error)
    await Promise.all(calls)
  }

  test('there is no limit before the first overload signal, whatever else fails', async () => {
    const { policies, limit } = make()
    await round(policies, 5_000, failure({ retryable: true }))
    expect(limit.state().limit).toBe(1_000_000)
  })

  test('an overload halves what was in flight, once per round of attempts however many say so', async () => {
    const { policies, limit, events } = make()
    await round(policies, 100, failure(busy))
    expect(limit.state()).toMatchObject({ limit: 50, inFlight: 0, pauseMs: 0 })
    expect(events.filter(({ type }) => type === 'limit')).toEqual([{ type: 'limit', key: '', limit: 50 }])
    await round(policies, 50, failure(busy))
    expect(limit.state().limit).toBe(25)
  })

  test('a time-out is an overload signal', async () => {
    const clock = new VirtualClock()
    const limit = adaptiveConcurrency()
    const policies = composeWith({ clock }, limit, timeout({ timeoutMs: 300 }))
    for (let call = 0; call < 10; call++) void policies.execute(() => new Promise(() => undefined)).catch(swallow)
    await clock.advance(400)
    expect(limit.state().limit).toBe(5)
  })

  test('grows by about one per round of successes, only where it holds calls back', async () => {
    const { policies, limit } = make({ initialLimit: 10, maxLimit: 12 })
    await round(policies, 1)
    expect(limit.state().limit).toBe(10)
    await round(policies, 10)
    expect(limit.state().limit).toBeGreaterThan(10.4)
    for (let index = 0; index < 10; index++) await round(policies, 10)
    expect(limit.state().limit).toBe(12)
  })

  test('with maxQueueingMs, an answer that took much longer than the quickest is an overload signal', async () => {
    const { clock, policies, limit } = make({ maxQueueingMs: 100 })
    const answersIn = async (count: number, ms: number): Promise<void> => {
      const answer = deferred<string>()
      const calls = Array.from({ length: count }, () => policies.execute(() => answer.promise))
      await clock.advance(ms)
      answer.resolve('late')
      await Promise.all(calls)
    }
    await answersIn(1, 20)
    await answersIn(40, 119)
    expect(limit.state().limit).toBe(1_000_000)
    await answersIn(40, 121)
    expect(limit.state().limit).toBe(20)
    // A minute later the target is what it is: slower, and not queued.
    await clock.advance(61_000)
    await answersIn(10, 300)
    expect(limit.state().limit).toBeGreaterThan(20)
  })

  test('without it, no answer is too late to be one', async () => {
    const { clock, policies, limit } = make()
    const answer = deferred<string>()
    const calls = Array.from({ length: 40 }, () => policies.execute(() => answer.promise))
    await clock.advance(20_000)
    answer.resolve('late')
    await Promise.all(calls)
    expect(limit.state().limit).toBe(1_000_000)
  })

  test('queues a few beyond the limit, newest first, and rejects the rest', async () => {
    const { policies, limit } = make({ initialLimit: 1, maxQueued: 3 })
    const slow = deferred<string>()
    const order: number[] = []
    const calls = Array.from({ length: 5 }, (_, call) =>
      watch(policies.execute(() => (order.push(call), call === 0 ? slow.promise : Promise.resolve('quick')))),
    )
    await settle()
    expect(limit.state()).toMatchObject({ inFlight: 1, queued: 3 })
    expect(calls[4]?.error).toMatchObject({ code: 'queue_full', applied: 'no', retryable: true })
    slow.resolve('done')
    await settle()
    expect(order.slice(0, 2)).toEqual([0, 3])
    expect(order.toSorted()).toEqual([0, 1, 2, 3])
    expect(calls.slice(0, 4).every(({ state }) => state === 'resolved')).toBe(true)
  })

  test('where one at a time is too much it pauses between them, longer each time up to 5 s, and never gets stuck', async () => {
    const { clock, policies, limit } = make({ initialLimit: 1 })
    const pauses: number[] = []
    for (let call = 0; call < 5; call++) {
      void policies.execute(() => Promise.reject(failure(busy))).catch(swallow)
      await clock.advance(6_000)
      pauses.push(limit.state().pauseMs)
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 5_000, 5_000])
    const recovered = Array.from({ length: 10 }, () => watch(policies.execute(async () => 'ok')))
    await clock.advance(8_000)
    expect(recovered.every(({ state }) => state === 'resolved')).toBe(true)
    expect(limit.state()).toMatchObject({ pauseMs: 0, queued: 0 })
    expect(clock.pending.keepAlive).toBe(0)
  })

  test('operations that never end after their time-out do not block the target for ever', async () => {
    const clock = new VirtualClock()
    const limit = adaptiveConcurrency()
    const policies = composeWith({ clock, random: () => 0 }, limit, timeout({ timeoutMs: 300 }))
    for (let call = 0; call < 50; call++) void policies.execute(() => new Promise(() => undefined)).catch(swallow)
    await clock.advance(400)
    expect(limit.state()).toMatchObject({ inFlight: 50, limit: 25 })
    // More are lost than the limit allows, and still one may run; its success writes the lost ones off.
    const probe = watch(policies.execute(async () => 'alive'))
    await clock.advance(400)
    expect(probe.value).toBe('alive')
    expect(limit.state().inFlight).toBe(0)
    const many = Array.from({ length: 20 }, () => watch(policies.execute(async () => 'ok')))
    await settle()
    expect(many.every(({ state }) => state === 'resolved')).toBe(true)
  })

  test('an operation that ends after it was written off does not free a slot twice', async () => {
    const clock = new VirtualClock()
    const limit = adaptiveConcurrency({ initialLimit: 2 })
    const policies = composeWith({ clock, random: () => 0 }, limit, timeout({ timeoutMs: 300 }))
    const slow = deferred<string>()
    void policies.execute(() => slow.promise).catch(swallow)
    await clock.advance(5_000)
    await policies.execute(async () => 'alive')
    expect(limit.state().inFlight).toBe(0)
    slow.resolve('late')
    await settle()
    expect(limit.state().inFlight).toBe(0)
  })
})
