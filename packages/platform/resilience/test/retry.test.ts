import { describe, expect, test } from '@jest/globals'
import {
  backoffMs,
  bulkhead,
  composeWith,
  deadline,
  pipeline,
  retry,
  retryBudget,
  ResilienceError,
  timeout,
} from '../src/index.ts'
import type { AttemptFailure, PipelineEvent, Settlement } from '../src/index.ts'
import { failure, settle, transient, VirtualClock, watch } from './virtual-clock.ts'

const off = { breaker: false, concurrency: false } as const

describe('what is retried', () => {
  test.each([
    ['retryable: true', { retryable: true }, 3],
    ['retryable: false', { retryable: false, applied: 'maybe', overload: true }, 1],
    ['no facts', {}, 1],
    ['only an overload', { overload: true }, 1],
    ['an abort that calls itself retryable', { retryable: true, name: 'AbortError' }, 1],
    ['an abort three causes deep', { retryable: true, cause: { cause: { cause: { name: 'AbortError' } } } }, 1],
  ])('%s: %p', async (_, facts, attempts) => {
    const clock = new VirtualClock()
    let runs = 0
    const call = watch(
      pipeline({ ...off, clock }).execute(async () => {
        runs++
        throw failure(facts)
      }),
    )
    await clock.advance(60_000)
    expect(call.state).toBe('rejected')
    expect(runs).toBe(attempts)
  })

  test('a string, null or undefined thrown is not retried and arrives as it is', async () => {
    for (const thrown of ['oops', null, undefined, 7]) {
      await expect(pipeline(off).execute(() => Promise.reject(thrown))).rejects.toBe(thrown)
    }
  })

  test('a function that throws before it returns a promise is a failed attempt like any other', async () => {
    const clock = new VirtualClock()
    let runs = 0
    const call = watch(
      pipeline({ ...off, clock }).execute(() => {
        runs++
        throw failure(transient)
      }),
    )
    await clock.advance(60_000)
    expect([call.state, runs]).toEqual(['rejected', 3])
  })

  test('classify speaks for foreign errors, and its undefined leaves the error its own facts', async () => {
    const clock = new VirtualClock()
    const classify = (error: unknown) =>
      (error as { errno?: number }).errno === 111 ? { retryable: true, applied: 'no' as const } : undefined
    const runs = { foreign: 0, own: 0, other: 0 }
    const policies = pipeline({ ...off, clock, classify })
    const calls = [
      policies.execute(async () => Promise.reject((runs.foreign++, failure({ errno: 111 })))),
      policies.execute(async () => Promise.reject((runs.own++, failure(transient)))),
      policies.execute(async () => Promise.reject((runs.other++, failure({})))),
    ].map(watch)
    await clock.advance(60_000)
    expect(calls.map((call) => call.state)).toEqual(['rejected', 'rejected', 'rejected'])
    // The budget of three lets four retries be asked for and three be made.
    expect(runs.foreign + runs.own).toBe(5)
    expect(runs.other).toBe(1)
  })

  test('noRetry makes one attempt', async () => {
    let runs = 0
    await expect(
      pipeline(off).execute(async () => Promise.reject((runs++, failure(transient))), { noRetry: true }),
    ).rejects.toThrow('failed')
    expect(runs).toBe(1)
  })

  test("another pipeline's rejection is not retried in-line, though it may be repeated later", async () => {
    let runs = 0
    const error = new ResilienceError('breaker_open', 'open', { applied: 'no', retryable: true })
    await expect(pipeline(off).execute(async () => Promise.reject((runs++, error)))).rejects.toBe(error)
    expect(runs).toBe(1)
  })

  test.each([
    [true, 3],
    [false, 1],
    [undefined, 1],
  ])('an attempt that timed out is repeated only where the call is repeatable: %p', async (repeatable, attempts) => {
    const clock = new VirtualClock()
    let runs = 0
    const call = watch(
      pipeline({ ...off, clock, timeout: { timeoutMs: 1_000 } }).execute(() => new Promise(() => runs++), {
        repeatable,
      }),
    )
    await clock.advance(60_000)
    expect(call.error).toMatchObject({ code: 'timeout', applied: 'maybe', retryable: repeatable === true })
    expect(runs).toBe(attempts)
  })
})

describe('the end of a call', () => {
  test('the last error arrives as it is, and the number of attempts can be learnt', async () => {
    const clock = new VirtualClock()
    const errors = [1, 2, 3].map((number) => failure(transient, `failure ${number}`))
    const failures: AttemptFailure[] = []
    const settlements: Settlement[] = []
    const call = watch(
      pipeline({ ...off, clock, random: () => 0.5 }).execute(({ attempt }) => Promise.reject(errors[attempt - 1]), {
        onAttemptFailed: (failed) => failures.push(failed),
        onSettled: (settlement) => settlements.push(settlement),
      }),
    )
    await clock.advance(60_000)
    expect(call.error).toBe(errors[2])
    expect(failures.map(({ attempt, nextAttemptInMs }) => [attempt, nextAttemptInMs])).toEqual([
      [1, 50],
      [2, 100],
      [3, undefined],
    ])
    expect(settlements).toEqual([{ attempts: 3, succeeded: false, error: errors[2] }])
  })

  test('a success after failures says how many attempts it took', async () => {
    const clock = new VirtualClock()
    let settlement: Settlement | undefined
    const call = watch(
      pipeline({ ...off, clock }).execute(
        ({ attempt }) => (attempt < 3 ? Promise.reject(failure(transient)) : Promise.resolve(attempt)),
        { onSettled: (ended) => (settlement = ended) },
      ),
    )
    await clock.advance(60_000)
    expect(call).toMatchObject({ state: 'resolved', value: 3 })
    expect(settlement).toEqual({ attempts: 3, succeeded: true })
  })

  test('listeners that throw change nothing', async () => {
    const throws = () => {
      throw new Error('listener')
    }
    await expect(pipeline(off).execute(async () => 1, { onSettled: throws })).resolves.toBe(1)
    const error = failure({})
    await expect(
      pipeline(off).execute(() => Promise.reject(error), { onSettled: throws, onAttemptFailed: throws }),
    ).rejects.toBe(error)
  })
})

test('a retry that finds no slot ends the call with the real error, not with the want of a slot', async () => {
  const clock = new VirtualClock()
  const slots = bulkhead({ maxConcurrent: 1, maxQueued: 0 })
  const error = failure(transient)
  const call = watch(composeWith({ clock }, retry(), slots).execute(() => Promise.reject(error)))
  await settle()
  void slots.execute(() => new Promise(() => undefined))
  await clock.advance(1_000)
  expect(call.error).toBe(error)
})

describe('back-off', () => {
  test.each([
    [1, {}, 100],
    [2, {}, 200],
    [4, {}, 800],
    [20, {}, 20_000],
    [1, { overload: true }, 1_000],
    [3, { overload: true }, 4_000],
    [2, { baseMs: 10, capMs: 15 }, 15],
  ])('attempt %p with %p waits from 0 to %p ms', (attempt, options, mostMs) => {
    expect(backoffMs(attempt, { ...options, random: () => 0 })).toBe(0)
    expect(backoffMs(attempt, { ...options, random: () => 1 })).toBe(mostMs)
  })

  test('a hint is never undercut, is spread by up to 10 %, and is clamped at five minutes', () => {
    expect(backoffMs(1, { retryAfterMs: 5_000, random: () => 0 })).toBe(5_000)
    expect(backoffMs(1, { retryAfterMs: 5_000, random: () => 1 })).toBeCloseTo(5_500)
    expect(backoffMs(1, { retryAfterMs: 10, random: () => 0.5 })).toBeCloseTo(52.5)
    expect(backoffMs(1, { retryAfterMs: 1e15, random: () => 0 })).toBe(300_000)
    expect(backoffMs(1, { retryAfterMs: Number.NaN, random: () => 1 })).toBe(100)
    expect(backoffMs(1, { retryAfterMs: -5, random: () => 1 })).toBe(100)
  })

  test('a wait that would pass the deadline is not begun, and the error keeps its hint', async () => {
    const clock = new VirtualClock()
    const events: PipelineEvent[] = []
    const error = failure({ ...transient, retryAfterMs: 60_000 })
    const call = watch(
      pipeline({ ...off, clock, deadline: { timeoutMs: 10_000 }, onEvent: (event) => events.push(event) }).execute(() =>
        Promise.reject(error),
      ),
    )
    await clock.advance(0)
    expect(call.error).toBe(error)
    expect(events).toMatchObject([{ type: 'retry_refused', reason: 'deadline' }])
  })

  test('the timer of a back-off keeps the process alive, and an abort takes it away', async () => {
    const clock = new VirtualClock()
    const controller = new AbortController()
    const call = watch(
      composeWith({ clock, random: () => 0.9 }, retry()).execute(() => Promise.reject(failure(transient)), {
        signal: controller.signal,
      }),
    )
    await settle()
    expect(clock.pending).toEqual({ all: 1, keepAlive: 1 })
    controller.abort(new Error('enough'))
    await settle()
    expect(call.error).toMatchObject({ code: 'cancelled', applied: 'no', cause: { message: 'enough' } })
    expect(clock.pending.all).toBe(0)
  })
})

describe('budget', () => {
  test('in an outage retries stop when the reserve is used up; successes earn new ones', async () => {
    const clock = new VirtualClock()
    const budget = retryBudget({ reserve: 2 })
    const policies = pipeline({ ...off, clock, budget, retry: { maxAttempts: 2 } })
    let runs = 0
    const fail = async () => {
      const call = watch(policies.execute(async () => Promise.reject((runs++, failure(transient)))))
      await clock.advance(30_000)
      expect(call.state).toBe('rejected')
    }
    for (let call = 0; call < 10; call++) await fail()
    expect(runs).toBe(12)
    expect(budget.state()).toEqual({ tokens: 0, refused: 8 })
    for (let call = 0; call < 10; call++) await policies.execute(async () => 1)
    await fail()
    await fail()
    expect(runs).toBe(15)
  })

  test('is kept per key and shared by sharing the value', async () => {
    const clock = new VirtualClock()
    const budget = retryBudget({ reserve: 1 })
    const one = pipeline({ ...off, clock, budget, retry: { maxAttempts: 2 } })
    const other = pipeline({ ...off, clock, budget, retry: { maxAttempts: 2 } })
    const runs = async (policies: typeof one, key: string) => {
      let count = 0
      void policies.execute(async () => Promise.reject((count++, failure(transient))), { key }).catch(() => undefined)
      await clock.advance(30_000)
      return count
    }
    expect(await runs(one, 'a')).toBe(2)
    expect(await runs(other, 'a')).toBe(1)
    expect(await runs(other, 'b')).toBe(2)
  })

  test('never saves up more than its maximum', async () => {
    const budget = retryBudget({ reserve: 1, max: 2, perSuccess: 0.4 })
    const policies = pipeline({ ...off, budget })
    for (let call = 0; call < 10; call++) await policies.execute(async () => 1)
    expect(budget.state().tokens).toBe(2)
  })
})

test('each attempt gets a signal and a number of its own', async () => {
  const clock = new VirtualClock()
  const seen: [number, AbortSignal][] = []
  const call = watch(
    composeWith(
      { clock },
      deadline({ timeoutMs: 60_000 }),
      retry({ repeatable: true }),
      timeout({ timeoutMs: 1_000 }),
    ).execute(({ attempt, signal }) => {
      seen.push([attempt, signal])
      return attempt === 3 ? Promise.resolve('done') : new Promise(() => undefined)
    }),
  )
  await clock.advance(30_000)
  expect(call.value).toBe('done')
  expect(seen.map(([attempt, signal]) => [attempt, signal.aborted])).toEqual([
    [1, true],
    [2, true],
    [3, false],
  ])
  expect(seen[0]?.[1].reason).toMatchObject({ code: 'timeout' })
})
