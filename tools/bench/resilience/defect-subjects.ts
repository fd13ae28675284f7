import {
  composeWith,
  bulkhead,
  circuitBreaker,
  deadline,
  pipeline,
  retry,
  timeout,
  type Pipeline,
} from '@casare/resilience'
import axios, { AxiosError } from 'axios'
import axiosRetry from 'axios-retry'
import * as cockatiel from 'cockatiel'
import CircuitBreaker from 'opossum'
import pLimit from 'p-limit'
import pTimeout from 'p-timeout'
import type { Run, Subject } from '../../../packages/platform/resilience/test/defect-cases.ts'

type Policy = { execute<T>(fn: (context: { signal: AbortSignal }) => Promise<T>, signal?: AbortSignal): Promise<T> }

const underCockatiel =
  (policy: Policy): Run =>
  (fn, signal) =>
    policy.execute((context) => fn(context.signal), signal)

const seams = { classify: () => ({ retryable: true, applied: 'maybe' as const }) }

const underCasare =
  (policies: Pipeline): Run =>
  (fn, signal) =>
    policies.execute((context) => fn(context.signal), { signal })

function underOpossum(options: CircuitBreaker.Options): Run {
  const breaker = new CircuitBreaker(
    (fn: (signal?: AbortSignal) => Promise<unknown>) => fn(options.abortController?.signal),
    options,
  )
  return (fn) => breaker.fire(fn) as ReturnType<typeof fn>
}

/** Each library, in the way that its documentation shows. */
export const subjects: Record<string, Subject> = {
  '@casare/resilience': {
    retry: ({ attempts, waitMs }) => underCasare(composeWith(seams, retry({ maxAttempts: attempts, baseMs: waitMs }))),
    bulkhead: ({ capacity, queue }) =>
      underCasare(composeWith(seams, bulkhead({ maxConcurrent: capacity, maxQueued: queue }))),
    breaker: ({ openMs }) =>
      underCasare(composeWith(seams, circuitBreaker({ openMs, maxOpenMs: Math.max(5_000, openMs) }))),
    windowBreaker: ({ windowMs }) => underCasare(composeWith(seams, circuitBreaker({ windowMs }))),
    defaultBreaker: () => underCasare(composeWith(seams, circuitBreaker())),
    breakerWithBulkhead: ({ capacity }) =>
      underCasare(composeWith(seams, circuitBreaker(), bulkhead({ maxConcurrent: capacity, maxQueued: 0 }))),
    timeout: ({ timeoutMs }) => underCasare(composeWith(seams, timeout({ timeoutMs }))),
    slotsWithTimeout: ({ capacity, timeoutMs }) =>
      underCasare(composeWith(seams, deadline({ timeoutMs }), bulkhead({ maxConcurrent: capacity }))),
    post: (send) => pipeline({ classify: () => ({ retryable: false, applied: 'maybe' }) }).execute(send),
  },

  cockatiel: {
    retry: ({ attempts, waitMs }) =>
      underCockatiel(
        cockatiel.retry(cockatiel.handleAll, {
          maxAttempts: attempts - 1,
          backoff: new cockatiel.ConstantBackoff(waitMs),
        }),
      ),
    bulkhead: ({ capacity, queue }) => underCockatiel(cockatiel.bulkhead(capacity, queue)),
    breaker: ({ openMs }) =>
      underCockatiel(
        cockatiel.circuitBreaker(cockatiel.handleAll, {
          halfOpenAfter: openMs,
          breaker: new cockatiel.ConsecutiveBreaker(5),
        }),
      ),
    windowBreaker: ({ windowMs }) =>
      underCockatiel(
        cockatiel.circuitBreaker(cockatiel.handleAll, {
          halfOpenAfter: 10_000,
          breaker: new cockatiel.SamplingBreaker({ threshold: 0.5, duration: windowMs, minimumRps: 1.6 }),
        }),
      ),
    timeout: ({ timeoutMs }) => underCockatiel(cockatiel.timeout(timeoutMs, cockatiel.TimeoutStrategy.Aggressive)),
    slotsWithTimeout: ({ capacity, timeoutMs }) =>
      underCockatiel(
        cockatiel.wrap(
          cockatiel.timeout(timeoutMs, cockatiel.TimeoutStrategy.Aggressive),
          cockatiel.bulkhead(capacity, 1_000),
        ),
      ),
  },

  opossum: {
    breaker: ({ openMs }) => underOpossum({ resetTimeout: openMs, timeout: false }),
    windowBreaker: ({ windowMs }) =>
      underOpossum({ rollingCountTimeout: windowMs, volumeThreshold: 8, timeout: false }),
    defaultBreaker: () => underOpossum({}),
    breakerWithBulkhead: ({ capacity }) => underOpossum({ capacity, timeout: false, volumeThreshold: 8 }),
    timeout: ({ timeoutMs }) =>
      underOpossum({ timeout: timeoutMs, abortController: new AbortController(), volumeThreshold: 100 }),
    slotsWithTimeout: ({ capacity, timeoutMs }) => underOpossum({ capacity, timeout: timeoutMs, volumeThreshold: 100 }),
  },

  'axios-retry': {
    post(send) {
      const client = axios.create({
        adapter: (config) =>
          send().catch((error: Error & { code?: string }) => {
            throw new AxiosError(error.message, error.code, config, {})
          }),
      })
      axiosRetry(client)
      return client.post('http://server.invalid/')
    },
  },

  'p-timeout + p-limit': {
    slotsWithTimeout({ capacity, timeoutMs }) {
      const limit = pLimit(capacity)
      return (fn) =>
        pTimeout(
          limit(() => fn()),
          { milliseconds: timeoutMs },
        )
    },
  },
}
