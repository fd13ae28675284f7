import { describe, expect, test } from '@jest/globals'
import { bulkhead, composeWith, deadline, pipeline, ResilienceError, retry, timeout } from '../src/index.ts'
import type { AttemptContext } from '../src/index.ts'
import { collector, deferred, failure, settle, transient, VirtualClock, watch } from './virtual-clock.ts'

const off = { breaker: false, concurrency: false } as const
const hang = (): Promise<never> => new Promise(() => undefined)

describe.each([
  ['by the wheel', 5_000],
  ['by a timer of its own', 50],
])('%s', (_, timeoutMs) => {
  test('a time-out is hard for the caller, never early and at most 40 ms late', async () => {
    const clock = new VirtualClock()
    const call = watch(composeWith({ clock }, timeout({ timeoutMs })).execute(hang))
    await clock.advance(timeoutMs - 1)
    expect(call.state).toBe('pending')
    await clock.advance(41)
    expect(call.error).toMatchObject({ code: 'timeout', applied: 'maybe', retryable: false })
  })

  test('a deadline ends the call in whatever it does: running, waiting for a slot, waiting for a turn', async () => {
    const clock = new VirtualClock()
    const running = watch(composeWith({ clock }, deadline({ timeoutMs })).execute(hang))
    const slots = composeWith({ clock }, deadline({ timeoutMs }), bulkhead({ maxConcurrent: 1 }))
    void slots.execute(hang, { timeoutMs: 1_000_000 }).catch(() => undefined)
    const queued = watch(slots.execute(hang))
    const limited = pipeline({ ...off, clock, rateLimit: { permits: 1, perMs: 86_400_000 } })
    await limited.execute(async () => 1)
    const waiting = watch(limited.execute(hang, { timeoutMs }))
    await clock.advance(timeoutMs - 1)
    expect([running.state, queued.state, waiting.state]).toEqual(['pending', 'pending', 'pending'])
    await clock.advance(41)
    expect(running.error).toMatchObject({ code: 'deadline', applied: 'maybe' })
    expect(queued.error).toMatchObject({ code: 'deadline', applied: 'no', retryable: true })
    expect(waiting.error).toMatchObject({ code: 'deadline', applied: 'no' })
  })

  test('no timer is left when all calls have ended', async () => {
    const clock = new VirtualClock()
    const policies = pipeline({ clock, timeout: { timeoutMs }, deadline: { timeoutMs: 2 * timeoutMs } })
    for (let call = 0; call < 100; call++) await policies.execute(async () => call)
    await clock.advance(60)
    expect(clock.pending.all).toBe(0)
  })
})

describe('deadline', () => {
  test('attempts get what is left of it', async () => {
    const clock = new VirtualClock()
    const left: number[] = []
    const policies = composeWith({ clock, random: () => 0.5 }, deadline({ timeoutMs: 1_000 }), retry({ baseMs: 200 }))
    const call = watch(
      policies.execute(({ remainingMs }) => {
        left.push(remainingMs)
        return Promise.reject(failure(transient))
      }),
    )
    await clock.advance(2_000)
    expect(call.error).toMatchObject({ message: 'failed' })
    expect(left).toEqual([1_000, 900, 700])
  })

  test('deadlineAt is the earlier of time-out and deadline on the clock, and undefined where there is none', async () => {
    const clock = new VirtualClock(7_000)
    const at = (options: Parameters<typeof pipeline>[0], timeoutMs?: number) =>
      pipeline({ ...off, clock, ...options }).execute(
        async ({ deadlineAt, remainingMs }) => [deadlineAt, remainingMs],
        {
          timeoutMs,
        },
      )
    expect(await at({})).toEqual([undefined, Number.POSITIVE_INFINITY])
    expect(await at({ deadline: { timeoutMs: 5_000 } })).toEqual([12_000, 5_000])
    expect(await at({ deadline: { timeoutMs: 5_000 }, timeout: { timeoutMs: 300 } })).toEqual([7_300, 300])
    expect(await at({ deadline: { timeoutMs: 5_000 } }, 400)).toEqual([7_400, 400])
  })

  test('deadlineAt stays what it was when it is read late', async () => {
    const clock = new VirtualClock(0)
    let context: AttemptContext | undefined
    const policies = pipeline({ ...off, clock, timeout: { timeoutMs: 5_000 } })
    const call = watch(
      policies.execute((given) => {
        context = given
        return hang()
      }),
    )
    await clock.advance(4_000)
    const announced = context?.deadlineAt
    // The time counts from the first tick after the start.
    expect(announced).toBeGreaterThanOrEqual(5_000)
    expect(announced).toBeLessThanOrEqual(5_020)
    await clock.advance(1_100)
    expect(call.error).toMatchObject({ code: 'timeout' })
    expect(context?.deadlineAt).toBe(announced)
    expect(context?.remainingMs).toBe(0)
  })

  test('says maybe where an earlier attempt may have taken effect, and carries its error', async () => {
    const clock = new VirtualClock()
    const cause = failure({ retryable: true, applied: 'maybe' })
    const call = watch(
      composeWith({ clock }, deadline({ timeoutMs: 5_000 }), retry({ repeatable: true })).execute(({ attempt }) =>
        attempt === 1 ? Promise.reject(cause) : hang(),
      ),
    )
    await clock.advance(6_000)
    expect(call.error).toMatchObject({ code: 'deadline', applied: 'maybe', cause })
  })
})

describe('slots', () => {
  test('a slot stays taken after the time-out until the operation really ends', async () => {
    const clock = new VirtualClock()
    const slots = bulkhead({ maxConcurrent: 1, maxQueued: 10 })
    const policies = composeWith({ clock }, slots, timeout({ timeoutMs: 1_000 }))
    const slow = deferred<string>()
    const first = watch(policies.execute(() => slow.promise))
    const second = watch(policies.execute(async () => 'second'))
    await clock.advance(1_100)
    expect(first.error).toMatchObject({ code: 'timeout' })
    expect(second.state).toBe('pending')
    expect(slots.state()).toEqual({ inFlight: 1, queued: 1 })
    slow.resolve('late')
    await settle()
    expect(second.value).toBe('second')
    expect(slots.state()).toEqual({ inFlight: 0, queued: 0 })
  })

  test('an operation that fails after its time-out is no unhandled rejection and frees its slot', async () => {
    const clock = new VirtualClock()
    const slots = bulkhead({ maxConcurrent: 1 })
    const slow = deferred<never>()
    const call = watch(composeWith({ clock }, slots, timeout({ timeoutMs: 300 })).execute(() => slow.promise))
    await clock.advance(400)
    slow.reject(new Error('too late'))
    await settle()
    expect(call.error).toMatchObject({ code: 'timeout' })
    expect(slots.state().inFlight).toBe(0)
  })

  test('the time-out does not count the wait for the slot', async () => {
    const clock = new VirtualClock()
    const policies = composeWith({ clock }, bulkhead({ maxConcurrent: 1 }), timeout({ timeoutMs: 1_000 }))
    const slow = deferred<string>()
    void policies.execute(() => slow.promise)
    const second = deferred<string>()
    const waiting = watch(policies.execute(() => second.promise))
    await clock.advance(900)
    slow.resolve('first')
    await clock.advance(900)
    expect(waiting.state).toBe('pending')
    second.resolve('in time')
    await settle()
    expect(waiting.value).toBe('in time')
  })
})

describe('abort', () => {
  test('before the call: the function is not run', async () => {
    let ran = false
    const call = pipeline().execute(async () => (ran = true), { signal: AbortSignal.abort('why') })
    await expect(call).rejects.toMatchObject({ code: 'cancelled', applied: 'no', retryable: false, cause: 'why' })
    expect(ran).toBe(false)
  })

  test('during the call: hard for the caller, and the attempt gets the reason', async () => {
    const controller = new AbortController()
    let given: AbortSignal | undefined
    const call = watch(
      pipeline({ timeout: { timeoutMs: 60_000 } }).execute(
        ({ signal }) => {
          given = signal
          return hang()
        },
        { signal: controller.signal },
      ),
    )
    const reason = new Error('user left')
    controller.abort(reason)
    await settle()
    expect(call.error).toMatchObject({ code: 'cancelled', applied: 'maybe', cause: reason })
    expect(given?.reason).toBe(reason)
  })

  test('in a queue: the place is given up', async () => {
    const slots = bulkhead({ maxConcurrent: 1 })
    const slow = deferred<string>()
    void slots.execute(() => slow.promise)
    const controller = new AbortController()
    const queued = watch(slots.execute(async () => 'ran', controller.signal))
    expect(slots.state().queued).toBe(1)
    controller.abort()
    await settle()
    expect(queued.error).toMatchObject({ code: 'cancelled', applied: 'no' })
    expect(slots.state()).toEqual({ inFlight: 1, queued: 0 })
    slow.resolve('')
  })

  test('after the call: a body that is still being read is aborted with the caller', async () => {
    const controller = new AbortController()
    const signal = await pipeline({ timeout: { timeoutMs: 1_000 } }).execute(async (context) => context.signal, {
      signal: controller.signal,
    })
    expect(signal.aborted).toBe(false)
    controller.abort()
    expect(signal.aborted).toBe(true)
  })

  test('after the call: a signal that nobody holds is not kept, however long the caller goes on', async () => {
    const controller = new AbortController()
    const policies = pipeline({ timeout: { timeoutMs: 1_000 } })
    let signals = 0
    const registry = new FinalizationRegistry<number>(() => signals--)
    for (let call = 0; call < 1_000; call++) {
      await policies.execute(
        async ({ signal }) => {
          signals++
          registry.register(signal, call)
        },
        { signal: controller.signal },
      )
    }
    const collect = await collector()
    for (let turn = 0; turn < 20 && signals > 10; turn++) {
      collect()
      await settle()
    }
    expect(signals).toBeLessThanOrEqual(10)
  })

  test('1,000 calls on one signal cost it one listener, and none when they have ended', async () => {
    const controller = new AbortController()
    let listeners = 0
    const { signal } = controller
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args))
    signal.removeEventListener = (...args: Parameters<typeof add>) => (listeners--, remove(...args))
    const slow = deferred<number>()
    const policies = pipeline()
    const calls = Array.from({ length: 1_000 }, () => policies.execute(() => slow.promise, { signal }))
    expect(listeners).toBe(1)
    slow.resolve(1)
    await Promise.all(calls)
    expect(listeners).toBe(0)
  })

  test('a signal that is read after the attempt has ended is aborted with its reason', async () => {
    const clock = new VirtualClock()
    let context: AttemptContext | undefined
    const call = watch(
      composeWith({ clock }, timeout({ timeoutMs: 300 })).execute((given) => {
        context = given
        return hang()
      }),
    )
    await clock.advance(400)
    expect(context?.signal.aborted).toBe(true)
    expect(context?.signal.reason).toBe(call.error)
  })
})

describe('ResilienceError', () => {
  test('is recognised across copies of the package, with and without a code', () => {
    const error = new ResilienceError('timeout', 'late', { applied: 'maybe', retryable: false })
    expect([
      ResilienceError.is(error),
      ResilienceError.is(error, 'timeout'),
      ResilienceError.is(error, 'deadline'),
    ]).toEqual([true, true, false])
    const copy = { [Symbol.for('@casare/resilience/ResilienceError')]: true, code: 'timeout' }
    expect(ResilienceError.is(copy, 'timeout')).toBe(true)
    for (const other of [new Error('x'), null, undefined, 'timeout', { code: 'timeout' }]) {
      expect(ResilienceError.is(other)).toBe(false)
    }
  })

  test('is an Error with a name and without frames, and leaves the stack limit alone', () => {
    const limit = Error.stackTraceLimit
    const error = new ResilienceError('deadline', 'over', { applied: 'no', retryable: true })
    expect(error).toBeInstanceOf(Error)
    expect(error.stack).toBe('ResilienceError: over')
    expect(Error.stackTraceLimit).toBe(limit)
    expect(new Error('other').stack).toContain('time-limits.test')
  })
})
