import { describe, expect, test } from '@jest/globals'
import { compose, composeWith } from '../src/compose.ts'
import type { Pipeline } from '../src/pipeline.ts'
import { bulkhead, circuitBreaker, deadline, pipeline, retry, timeout } from '../src/index.ts'
import { defectCases, type Run, type Subject } from './defect-cases.ts'
import { VirtualClock } from './virtual-clock.ts'

function subject(clock: VirtualClock): Required<Subject> {
  const seams = { clock, random: () => 0.5, classify: () => ({ retryable: true, applied: 'maybe' as const }) }
  const runner =
    (policies: Pipeline): Run =>
    (fn, signal) =>
      policies.execute((context) => fn(context.signal), { signal })
  return {
    retry: ({ attempts, waitMs }) => runner(composeWith(seams, retry({ maxAttempts: attempts, baseMs: 2 * waitMs }))),
    bulkhead: ({ capacity, queue }) =>
      runner(composeWith(seams, bulkhead({ maxConcurrent: capacity, maxQueued: queue }))),
    breaker: ({ openMs }) => runner(composeWith(seams, circuitBreaker({ openMs }))),
    windowBreaker: ({ windowMs }) => runner(composeWith(seams, circuitBreaker({ windowMs }))),
    defaultBreaker: () => runner(composeWith(seams, circuitBreaker())),
    breakerWithBulkhead: ({ capacity }) =>
      runner(composeWith(seams, circuitBreaker(), bulkhead({ maxConcurrent: capacity, maxQueued: 0 }))),
    timeout: ({ timeoutMs }) => runner(composeWith(seams, timeout({ timeoutMs }))),
    slotsWithTimeout: ({ capacity, timeoutMs }) =>
      runner(composeWith(seams, deadline({ timeoutMs }), bulkhead({ maxConcurrent: capacity }))),
    post: (send) =>
      pipeline({
        clock,
        classify: () => ({ retryable: false, applied: 'maybe' }),
      }).execute(send),
  }
}

describe.each(defectCases)('$seenIn', ({ name, run }) => {
  test(`${name}`, async () => {
    const clock = new VirtualClock()
    expect(await run(subject(clock), clock)).toBeUndefined()
  })
})

describe('cockatiel', () => {
  test('a queue of 50,000 calls drains in order, at the same cost each', async () => {
    const policies = compose(bulkhead({ maxConcurrent: 1, maxQueued: 50_000 }))
    const order: number[] = []
    const calls: Promise<void>[] = []
    for (let call = 0; call < 50_000; call++) calls.push(policies.execute(async () => void order.push(call)))
    await Promise.all(calls)
    expect(order).toHaveLength(50_000)
    expect(order.every((call, index) => call === index)).toBe(true)
  })
})

describe('opossum', () => {
  test('recording a failure touches the same few numbers however many calls are in the window', async () => {
    const clock = new VirtualClock()
    const breaker = circuitBreaker({ failureRatio: 1, windowMs: 3_600_000 })
    const policies = pipeline({ clock, retry: false, concurrency: false, breaker })
    for (let call = 0; call < 20_000; call++) await policies.execute(async () => call)
    await policies
      .execute(async () => Promise.reject(Object.assign(new Error('x'), { retryable: true })))
      .catch(() => undefined)
    expect(breaker.state('', clock.now())).toMatchObject({ calls: 20_001, failures: 1 })
    // The window holds ten counters per kind and nothing per call.
    expect(JSON.stringify(policies.state()).length).toBeLessThan(300)
  })
})
