import { describe, expect, test } from '@jest/globals'
import {
  adaptiveConcurrency,
  bulkhead,
  circuitBreaker,
  composeWith,
  deadline,
  pipeline,
  timeout,
  type CircuitBreakerOptions,
} from '../src/index.ts'
import type { PipelineEvent } from '../src/index.ts'
import { deferred, failure, settle, transient, VirtualClock, watch } from './virtual-clock.ts'

function make(options: CircuitBreakerOptions = {}) {
  const clock = new VirtualClock()
  const breaker = circuitBreaker(options)
  const events: PipelineEvent[] = []
  const policies = pipeline({
    clock,
    random: () => 0,
    breaker,
    retry: false,
    concurrency: false,
    onEvent: (event) => events.push(event),
  })
  const fail = (facts: object = transient, key?: string) =>
    policies.execute(() => Promise.reject(failure(facts)), { key }).catch((error: unknown) => error)
  const succeed = (key?: string) => policies.execute(async () => 'ok', { key })
  const state = (key?: string) => breaker.state(key, clock.now())
  return { clock, breaker, events, policies, fail, succeed, state }
}

async function times(count: number, run: () => Promise<unknown>): Promise<void> {
  for (let index = 0; index < count; index++) await run()
}

describe('when it opens', () => {
  test('at 8 failures out of 8, not at 7', async () => {
    const { fail, state } = make()
    await times(7, fail)
    expect(state()).toMatchObject({ state: 'closed', calls: 7, failures: 7 })
    await fail()
    expect(state()).toMatchObject({ state: 'open', retryAfterMs: 100 })
  })

  test('at 90 % failures, not below', async () => {
    const { fail, succeed, state } = make()
    await times(2, succeed)
    await times(17, fail)
    expect(state().state).toBe('closed')
    await fail()
    expect(state().state).toBe('open')
  })

  test('counts over a sliding window', async () => {
    const { clock, fail, state } = make()
    await times(7, fail)
    await clock.advance(5_000)
    await fail()
    expect(state()).toMatchObject({ state: 'closed', calls: 1 })
  })

  test('a failure counts until it is as old as the window, give or take a step', async () => {
    const { clock, fail, state } = make()
    await times(3, fail)
    await clock.advance(4_400)
    await times(3, fail)
    expect(state().calls).toBe(6)
    await clock.advance(700)
    expect(state().calls).toBe(3)
    await clock.advance(60_000)
    expect(state().calls).toBe(0)
  })

  test.each([
    ['a transient failure', transient, 1],
    ['an overload', { overload: true, retryable: false }, 1],
    ['an ambiguous one that may not be repeated', { applied: 'maybe', retryable: false }, 1],
    ['not found', { applied: 'no', retryable: false }, 0],
    ['an error without facts', {}, 0],
    ['a mistake that states that it counts', { retryable: false, countsAsFailure: true }, 1],
    ['a transient one that states that it does not', { ...transient, countsAsFailure: false }, 0],
  ])('%s counts as an answer of the target with so many failures', async (_, facts, failures) => {
    const { fail, state } = make()
    await fail(facts)
    expect(state()).toMatchObject({ calls: 1, failures })
  })

  test("an abort is not counted at all, neither the caller's nor one deep in a cause", async () => {
    const { policies, fail, state } = make()
    const controller = new AbortController()
    const call = watch(policies.execute(() => new Promise(() => undefined), { signal: controller.signal }))
    controller.abort()
    await settle()
    expect(call.error).toMatchObject({ code: 'cancelled' })
    await fail({ ...transient, cause: { name: 'AbortError' } })
    expect(state().calls).toBe(0)
  })

  test('time-outs count, once, and what the operation comes to afterwards does not', async () => {
    const clock = new VirtualClock()
    const breaker = circuitBreaker()
    const slow = deferred<string>()
    const call = watch(composeWith({ clock }, breaker, timeout({ timeoutMs: 300 })).execute(() => slow.promise))
    await clock.advance(400)
    expect(call.error).toMatchObject({ code: 'timeout' })
    slow.resolve('late')
    await settle()
    expect(breaker.state('', clock.now())).toMatchObject({ calls: 1, failures: 1 })
  })

  test('is kept per key', async () => {
    const { fail, succeed, state } = make()
    await times(8, () => fail(transient, 'a'))
    expect([state('a').state, state('b').state, state('').state]).toEqual(['open', 'closed', 'closed'])
    await expect(succeed('b')).resolves.toBe('ok')
    await expect(succeed('a')).rejects.toMatchObject({ code: 'breaker_open' })
  })
})

describe('while it is open', () => {
  test('rejects at once, without running anything, with the time until the next probe', async () => {
    const { clock, policies, fail, events } = make()
    await times(8, fail)
    await clock.advance(60)
    let ran = false
    await expect(policies.execute(async () => (ran = true))).rejects.toMatchObject({
      code: 'breaker_open',
      applied: 'no',
      retryable: true,
      retryAfterMs: expect.closeTo(40, 0),
    })
    expect(ran).toBe(false)
    expect(events.map(({ type }) => type)).toEqual(['breaker', 'rejected'])
  })

  test('its rejections are not counted', async () => {
    const { fail, state } = make()
    await times(8, fail)
    const before = state()
    await times(5, fail)
    expect(state()).toMatchObject({ calls: before.calls, failures: before.failures })
  })

  test('a retry that it would reject is not waited for; the caller gets the real error', async () => {
    const clock = new VirtualClock()
    const policies = pipeline({
      clock,
      breaker: { minCalls: 1, openMs: 60_000, maxOpenMs: 60_000 },
      concurrency: false,
    })
    const error = failure(transient)
    const call = watch(policies.execute(() => Promise.reject(error)))
    await settle()
    expect(call.error).toBe(error)
    expect(clock.pending.keepAlive).toBe(0)
  })

  test('a call that waited for a slot while it opened is rejected, not sent', async () => {
    const clock = new VirtualClock()
    const policies = composeWith(
      { clock },
      circuitBreaker({ minCalls: 1 }),
      bulkhead({ maxConcurrent: 1, maxQueued: 5_000 }),
    )
    const slow = deferred<never>()
    const first = watch(policies.execute(() => slow.promise))
    let ran = 0
    const queued = Array.from({ length: 5_000 }, () => watch(policies.execute(async () => ran++)))
    slow.reject(failure(transient))
    await settle()
    expect(first.state).toBe('rejected')
    expect(queued.every(({ error }) => error?.code === 'breaker_open')).toBe(true)
    expect(ran).toBe(0)
  })
})

test('a call that waited for the adaptive limit while the breaker opened is rejected too', async () => {
  const clock = new VirtualClock()
  const limit = adaptiveConcurrency({ initialLimit: 1 })
  const policies = composeWith({ clock }, circuitBreaker({ minCalls: 1 }), limit)
  const slow = deferred<never>()
  const first = watch(policies.execute(() => slow.promise))
  let ran = false
  const queued = watch(policies.execute(async () => (ran = true)))
  slow.reject(failure(transient))
  await settle()
  expect([first.error?.code, queued.error?.code, ran]).toEqual([undefined, 'breaker_open', false])
  expect(limit.state()).toMatchObject({ inFlight: 0, queued: 0 })
})

describe('a deadline that cuts an attempt off', () => {
  test.each([
    ['counts where the attempt had its time', 0, 1],
    ['counts where it waited and still had more than half of it', 1_000, 1],
    ['says nothing where the attempt began with little of it left', 4_000, 0],
  ])('%s', async (_, waitsMs, failures) => {
    const clock = new VirtualClock()
    const breaker = circuitBreaker()
    const slots = bulkhead({ maxConcurrent: 1 })
    const policies = composeWith({ clock }, deadline({ timeoutMs: 5_000 }), breaker, slots)
    const ahead = deferred<string>()
    void slots.execute(() => ahead.promise)
    if (waitsMs === 0) ahead.resolve('')
    await settle()
    const call = watch(policies.execute(() => new Promise(() => undefined)))
    await clock.advance(waitsMs)
    ahead.resolve('')
    await clock.advance(6_000)
    expect(call.error).toMatchObject({ code: 'deadline', applied: 'maybe' })
    expect(breaker.state('', clock.now() - 2_000)).toMatchObject({ calls: failures, failures })
  })
})

describe('how it recovers', () => {
  test('one probe at a time; its success closes the breaker', async () => {
    const { clock, policies, fail, succeed, state, events } = make()
    await times(8, fail)
    await clock.advance(520)
    const answer = deferred<string>()
    const probe = watch(policies.execute(() => answer.promise))
    expect(state().state).toBe('half_open')
    await expect(succeed()).rejects.toMatchObject({ code: 'breaker_open' })
    answer.resolve('back')
    await settle()
    expect(probe.value).toBe('back')
    expect(state()).toMatchObject({ state: 'closed', calls: 0 })
    await expect(succeed()).resolves.toBe('ok')
    expect(events.filter(({ type }) => type === 'breaker')).toMatchObject([
      { state: 'open' },
      { state: 'half_open' },
      { state: 'closed' },
    ])
  })

  test('it stays open for 2 % of the outage so far, at least 100 ms and at most 5 s; a recovery starts over', async () => {
    const { clock, fail, succeed, state } = make()
    await times(8, fail)
    const began = clock.now()
    const waits: number[] = []
    for (const outageMs of [1_000, 10_000, 100_000, 1_000_000]) {
      await clock.advance(began + outageMs - clock.now())
      await fail()
      waits.push(Math.round(state().retryAfterMs))
    }
    expect(waits).toEqual([100, 200, 2_000, 5_000])
    await clock.advance(5_000)
    await succeed()
    await times(8, fail)
    expect(state().retryAfterMs).toBe(100)
  })

  test('an answer such as not_found closes it: the target lives', async () => {
    const { clock, fail, state } = make()
    await times(8, fail)
    await clock.advance(520)
    await fail({ applied: 'no', retryable: false })
    expect(state().state).toBe('closed')
  })

  test('a probe that is aborted, or rejected for want of a slot, makes room for the next', async () => {
    const clock = new VirtualClock()
    const breaker = circuitBreaker()
    const slots = bulkhead({ maxConcurrent: 1, maxQueued: 0 })
    const policies = composeWith({ clock, random: () => 0 }, breaker, slots)
    await times(8, () => policies.execute(() => Promise.reject(failure(transient))).catch(() => undefined))
    await clock.advance(520)
    const controller = new AbortController()
    const hanging = deferred<string>()
    const probe = watch(policies.execute(() => hanging.promise, { signal: controller.signal }))
    controller.abort()
    await settle()
    expect(probe.error).toMatchObject({ code: 'cancelled' })
    // The aborted probe still holds the only slot.
    await expect(policies.execute(async () => 'none')).rejects.toMatchObject({ code: 'bulkhead_full' })
    expect(breaker.state('', clock.now()).state).toBe('half_open')
    hanging.resolve('late')
    await settle()
    expect(breaker.state('', clock.now()).state).toBe('half_open')
    await expect(policies.execute(async () => 'next')).resolves.toBe('next')
    expect(breaker.state('', clock.now()).state).toBe('closed')
  })

  test('a probe that never ends does not keep it half-open for ever', async () => {
    const { clock, policies, fail, succeed, state } = make()
    await times(8, fail)
    await clock.advance(520)
    void policies.execute(() => new Promise(() => undefined)).catch(() => undefined)
    await clock.advance(4_900)
    await expect(succeed()).rejects.toMatchObject({ code: 'breaker_open' })
    await clock.advance(200)
    await expect(succeed()).resolves.toBe('ok')
    expect(state().state).toBe('closed')
  })

  test('the jitter shortens the opening by up to a fifth', async () => {
    const clock = new VirtualClock()
    const breaker = circuitBreaker()
    const policies = composeWith({ clock, random: () => 1 }, breaker)
    await times(8, () => policies.execute(() => Promise.reject(failure(transient))).catch(() => undefined))
    expect(breaker.state('', clock.now()).retryAfterMs).toBe(80)
  })
})
