import { setTimeout as sleep } from 'node:timers/promises'
import { pipeline } from '@casare/resilience'
import { StandardRetryStrategy } from '@smithy/util-retry'
import * as cockatiel from 'cockatiel'
import CircuitBreaker from 'opossum'
import pLimit from 'p-limit'
import pRetry from 'p-retry'
import pTimeout from 'p-timeout'

/** Runs an operation the way a library would, with retry, time-out, breaker and bulkhead as far as it has them. */
export type Runner = (operation: () => Promise<unknown>) => Promise<unknown>

const capacity = 10_000
const timeoutMs = 30_000

/** Each library in the configuration that its documentation shows for the purpose. */
export const variants = {
  bare: (): Runner => async (operation) => await operation(),

  casare(): Runner {
    const policies = pipeline({
      timeout: { timeoutMs },
      bulkhead: { maxConcurrent: capacity },
      concurrency: false,
    })
    return (operation) => policies.execute(operation)
  },

  'casare, all policies'(): Runner {
    const policies = pipeline({
      deadline: { timeoutMs: 4 * timeoutMs },
      timeout: { timeoutMs },
      bulkhead: { maxConcurrent: capacity },
      rateLimit: { permits: 1_000_000, perMs: 1, burst: 1_000_000 },
    })
    return (operation) => policies.execute(operation)
  },

  'casare, signal read'(): Runner {
    const policies = pipeline({ timeout: { timeoutMs }, bulkhead: { maxConcurrent: capacity }, concurrency: false })
    return (operation) =>
      policies.execute(({ signal }) => (signal.aborted ? Promise.reject(signal.reason) : operation()))
  },

  cockatiel(): Runner {
    const policy = cockatiel.wrap(
      cockatiel.retry(cockatiel.handleAll, { maxAttempts: 3, backoff: new cockatiel.ExponentialBackoff() }),
      cockatiel.circuitBreaker(cockatiel.handleAll, {
        halfOpenAfter: 10_000,
        breaker: new cockatiel.ConsecutiveBreaker(5),
      }),
      cockatiel.timeout(timeoutMs, cockatiel.TimeoutStrategy.Aggressive),
      cockatiel.bulkhead(capacity, 0),
    )
    return (operation) => policy.execute(operation)
  },

  'opossum (breaker, timeout)'(): Runner {
    const breaker = new CircuitBreaker((operation: () => Promise<unknown>) => operation(), {
      timeout: timeoutMs,
      capacity,
    })
    return (operation) => breaker.fire(operation)
  },

  'p-retry + p-timeout + p-limit'(): Runner {
    const limit = pLimit(capacity)
    return (operation) => pRetry(() => limit(() => pTimeout(operation(), { milliseconds: timeoutMs })), { retries: 2 })
  },

  'AWS SDK standard retry'(): Runner {
    const strategy = new StandardRetryStrategy(3)
    return async (operation) => {
      let token = await strategy.acquireInitialRetryToken('')
      for (;;) {
        try {
          const value = await operation()
          strategy.recordSuccess(token)
          return value
        } catch {
          token = await strategy.refreshRetryTokenForRetry(token, { errorType: 'TRANSIENT' })
          await sleep(token.getRetryDelay())
        }
      }
    }
  },
} as const satisfies Record<string, () => Runner>

/** A variant's name. */
export type VariantName = keyof typeof variants
