import { describe, expect, test } from '@jest/globals'
import {
  adaptiveConcurrency,
  backoffMs,
  bulkhead,
  circuitBreaker,
  compose,
  deadline,
  pipeline,
  rateLimit,
  retry,
  retryBudget,
  timeout,
} from '../src/index.ts'
import { collector, deferred, failure, settle, transient, VirtualClock, watch } from './virtual-clock.ts'

const all = {
  deadline: { timeoutMs: 60_000 },
  rateLimit: { permits: 1_000_000 },
  bulkhead: {},
  timeout: { timeoutMs: 30_000 },
}

describe('options', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['retry', () => retry({ maxAttempts: 0 }), /retry\.maxAttempts must be an integer from 1 to 100, got 0/],
    ['retry, fraction', () => retry({ maxAttempts: 2.5 }), /an integer from 1 to 100, got 2\.5/],
    [
      'retry, back-off',
      () => retry({ baseMs: -1 }),
      /retry\.baseMs must be a number of milliseconds from 1 to 600000, got -1/,
    ],
    [
      'budget',
      () => retryBudget({ perSuccess: 1.5 }),
      /budget\.perSuccess must be a number of retries from 0 to 1, got 1\.5/,
    ],
    ['deadline', () => deadline({ timeoutMs: 0 }), /deadline\.timeoutMs must be a number of milliseconds from 1 to/],
    ['deadline, missing', () => deadline({} as never), /deadline\.timeoutMs \(milliseconds\) is required/],
    ['timeout', () => timeout({ timeoutMs: Number.NaN }), /timeout\.timeoutMs must be .* milliseconds .* got NaN/],
    ['timeout, missing', () => timeout({} as never), /timeout\.timeoutMs \(milliseconds\) is required/],
    ['timeout, Infinity', () => timeout({ timeoutMs: Number.POSITIVE_INFINITY }), /got Infinity/],
    ['rate limit', () => rateLimit({ permits: 0 }), /rateLimit\.permits must be a number of attempts from 0\.001/],
    ['rate limit, missing', () => rateLimit({} as never), /rateLimit\.permits \(attempts per perMs\) is required/],
    [
      'breaker',
      () => circuitBreaker({ failureRatio: 1.1 }),
      /breaker\.failureRatio must be a number from .* to 1, got 1\.1/,
    ],
    ['breaker, never', () => circuitBreaker({ failureRatio: 0 }), /breaker\.failureRatio/],
    [
      'breaker, order',
      () => circuitBreaker({ openMs: 9_000, maxOpenMs: 100 }),
      /breaker\.maxOpenMs must be .* from 9000/,
    ],
    [
      'bulkhead',
      () => bulkhead({ maxConcurrent: 0 }),
      /bulkhead\.maxConcurrent must be an integer of calls from 1 to 1000000/,
    ],
    ['concurrency', () => adaptiveConcurrency({ decreaseFactor: 1 }), /concurrency\.decreaseFactor/],
    ['concurrency', () => adaptiveConcurrency({ maxQueueingMs: 0 }), /concurrency\.maxQueueingMs/],
    ['a string', () => bulkhead({ maxConcurrent: '5' as never }), /bulkhead\.maxConcurrent .* got 5/],
    [
      'a misspelt option',
      () => retry({ attempts: 3 } as never),
      /retry\.attempts is not an option; there are: maxAttempts/,
    ],
    ['a misspelt slot', () => pipeline({ retries: {} } as never), /pipeline\.retries is not an option/],
    ['no object', () => pipeline({ retry: 3 } as never), /retry must be an object, got 3/],
    ['null', () => pipeline({ breaker: null } as never), /breaker must be an object, got null/],
    ['nested plain data', () => pipeline({ breaker: { minCalls: 0 } }), /breaker\.minCalls/],
    ['back-off helper', () => backoffMs(0), /attempt must be an integer from 1/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message)
  })

  test('a limit that a call states is checked when it is made', async () => {
    await expect(pipeline().execute(async () => 1, { timeoutMs: 0 })).rejects.toThrow(
      /timeoutMs must be .* milliseconds/,
    )
    await expect(pipeline().execute(async () => 1, { attemptTimeoutMs: -1 })).rejects.toThrow(/attemptTimeoutMs/)
  })
})

describe('composition', () => {
  test('every policy can be used alone', async () => {
    const policies = [
      deadline({ timeoutMs: 1_000 }),
      retry(),
      retryBudget(),
      rateLimit({ permits: 5 }),
      circuitBreaker(),
      bulkhead(),
      adaptiveConcurrency(),
      timeout({ timeoutMs: 1_000 }),
    ]
    const signal = new AbortController().signal
    for (const policy of policies) {
      await expect(policy.execute(async () => policy.kind)).resolves.toBe(policy.kind)
      await expect(policy.execute(async () => policy.kind, signal)).resolves.toBe(policy.kind)
      await expect(policy.execute(async () => 1, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' })
    }
    await expect(compose(...policies).execute(async () => 'all')).resolves.toBe('all')
  })

  test('compose refuses an order that it cannot keep, twice the same kind, and what is no policy', () => {
    expect(() => compose(timeout({ timeoutMs: 1 }), retry())).toThrow(
      /retry must come before timeout.*the order is deadline/,
    )
    expect(() => compose(retry(), retry())).toThrow(/once/)
    expect(() => compose({} as never)).toThrow(/takes policies only/)
  })

  test('false switches a slot off, a value is used as it is, absence means the default', async () => {
    const breaker = circuitBreaker()
    const bare = pipeline({ retry: false, breaker: false, concurrency: false })
    await bare.execute(async () => 1)
    expect(bare.state()).toEqual({ targets: [] })
    const usual = pipeline({ breaker })
    await usual.execute(async () => 1, { key: 'host' })
    expect(breaker.state('host').calls).toBe(1)
    expect(usual.state().targets.map(({ key, ...rest }) => [key, Object.keys(rest)])).toEqual([
      ['host', ['budget', 'breaker', 'concurrency']],
    ])
  })

  test('one pipeline is one state machine: the function is called in the same turn as execute', () => {
    let ran = false
    void pipeline(all).execute(async () => (ran = true))
    expect(ran).toBe(true)
  })
})

describe('state', () => {
  test('is plain data, per key', async () => {
    const clock = new VirtualClock()
    const policies = pipeline({ ...all, clock })
    const slow = deferred<string>()
    void policies.execute(() => slow.promise, { key: 'a' })
    await policies.execute(async () => 1, { key: 'b' })
    await policies.execute(() => Promise.reject(failure({ overload: true })), { key: 'b' }).catch(() => undefined)
    const state = policies.state()
    expect(JSON.parse(JSON.stringify(state))).toEqual(state)
    expect(state.targets).toMatchObject([
      { key: 'a', bulkhead: { inFlight: 1, queued: 0 }, concurrency: { inFlight: 1 } },
      { key: 'b', bulkhead: { inFlight: 0 }, breaker: { calls: 2, failures: 1 }, concurrency: { limit: 1 } },
    ])
    slow.resolve('')
    await settle()
  })

  test('ever new keys do not fill the memory, while a busy key keeps its state', async () => {
    const clock = new VirtualClock()
    const slots = bulkhead({ maxConcurrent: 1, maxQueued: 0 })
    const policies = pipeline({ clock, bulkhead: slots })
    const slow = deferred<string>()
    const running = policies.execute(() => slow.promise, { key: 'busy' })
    for (let host = 0; host < 6_000; host++) {
      await policies.execute(async () => host, { key: `host-${host}` })
      if (host % 500 === 499) await clock.advance(10_000)
    }
    expect(policies.state().targets.length).toBeLessThan(3_000)
    await expect(policies.execute(async () => 1, { key: 'busy' })).rejects.toMatchObject({ code: 'bulkhead_full' })
    slow.resolve('')
    await running
    await expect(policies.execute(async () => 2, { key: 'busy' })).resolves.toBe(2)
  })

  test('a state that was forgotten and made anew is the same one for all pipelines that share it', async () => {
    const clock = new VirtualClock()
    const slots = bulkhead({ maxConcurrent: 1, maxQueued: 0 })
    const one = pipeline({ clock, bulkhead: slots, concurrency: false, breaker: false, budget: false })
    const other = pipeline({ clock, bulkhead: slots, concurrency: false, breaker: false, budget: false })
    await one.execute(async () => 1, { key: 'host' })
    for (let host = 0; host < 2_500; host++) await other.execute(async () => host, { key: `host-${host}` })
    const slow = deferred<string>()
    const running = other.execute(() => slow.promise, { key: 'host' })
    await expect(one.execute(async () => 1, { key: 'host' })).rejects.toMatchObject({ code: 'bulkhead_full' })
    slow.resolve('')
    await running
  })

  test('keys are only names: none of an object is mistaken for one', async () => {
    const policies = pipeline(all)
    for (const key of ['__proto__', 'constructor', 'toString', '']) await policies.execute(async () => key, { key })
    expect(policies.state().targets.map(({ key }) => key)).toEqual(['__proto__', 'constructor', 'toString', ''])
  })
})

describe('hostile errors and listeners', () => {
  const throws = (): never => {
    throw new Error('hostile')
  }

  test.each<[string, unknown]>([
    [
      'getters that throw',
      Object.defineProperties(new Error('x'), { retryable: { get: throws }, cause: { get: throws } }),
    ],
    ['a proxy that throws', new Proxy({}, { get: throws })],
    [
      'facts of the wrong type',
      { retryable: 'true', overload: 1, applied: 7, retryAfterMs: 'soon', countsAsFailure: 'no' },
    ],
    [
      'a cause that is its own cause',
      Object.assign(new Error('x'), {
        get cause() {
          return this
        },
      }),
    ],
  ])('%s: the error arrives as it is, once, and frees its slot', async (_, error) => {
    const policies = pipeline(all)
    let runs = 0
    await expect(policies.execute(() => Promise.reject((runs++, error)))).rejects.toBe(error)
    expect(runs).toBe(1)
    expect(policies.state().targets[0]).toMatchObject({ bulkhead: { inFlight: 0 }, concurrency: { limit: 1_000_000 } })
  })

  test('a classifier or an event listener that throws changes nothing', async () => {
    const clock = new VirtualClock()
    const policies = pipeline({ ...all, clock, classify: throws, onEvent: throws, breaker: { minCalls: 1 } })
    const error = failure(transient)
    await expect(policies.execute(() => Promise.reject(error))).rejects.toBe(error)
    const loud = pipeline({ ...all, clock, onEvent: throws, breaker: { minCalls: 2, openMs: 60_000 } })
    const call = watch(loud.execute(() => Promise.reject(error)))
    await clock.advance(1_000)
    expect(call.error).toBe(error)
    await expect(loud.execute(async () => 1)).rejects.toMatchObject({ code: 'breaker_open' })
    expect(loud.state().targets[0]).toMatchObject({ bulkhead: { inFlight: 0 } })
  })

  test('a thenable that is no promise is waited for', async () => {
    const thenable = { then: (resolve: (value: string) => void) => resolve('value') }
    await expect(pipeline(all).execute(() => thenable as Promise<string>)).resolves.toBe('value')
    await expect(pipeline(all).execute((() => 5) as never)).resolves.toBe(5)
  })
})

describe('concurrency', () => {
  test('5,000 calls at once, of all kinds, leave nothing behind', async () => {
    const clock = new VirtualClock()
    const policies = pipeline({
      ...all,
      clock,
      bulkhead: { maxConcurrent: 50, maxQueued: 20_000 },
      concurrency: false,
      breaker: false,
    })
    const controller = new AbortController()
    const calls = Array.from({ length: 5_000 }, (_, call) =>
      watch(
        policies.execute(
          async ({ attempt }) => {
            await Promise.resolve()
            if (call % 3 === 0 && attempt === 1) throw failure(transient)
            if (call % 7 === 0) throw failure({})
            return call
          },
          call % 5 === 0 ? { signal: controller.signal } : {},
        ),
      ),
    )
    await settle()
    controller.abort()
    await clock.advance(120_000)
    expect(calls.filter(({ state }) => state === 'pending')).toHaveLength(0)
    expect(policies.state().targets).toMatchObject([{ bulkhead: { inFlight: 0, queued: 0 } }])
    expect(clock.pending.all).toBe(0)
  })

  test('the answer of a call is not kept by the pipeline', async () => {
    const policies = pipeline(all)
    let answer: object | undefined = { large: true }
    const weak = new WeakRef(answer)
    await policies.execute(async () => answer)
    answer = undefined
    const collect = await collector()
    await settle()
    collect()
    expect(weak.deref()).toBeUndefined()
  })
})
