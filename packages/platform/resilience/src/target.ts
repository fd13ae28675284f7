import type { AdaptiveTarget } from './adaptive-concurrency.ts'
import type { BulkheadTarget } from './bulkhead.ts'
import type { BreakerListener, BreakerTarget } from './circuit-breaker.ts'
import type { RateLimitTarget } from './rate-limit.ts'
import type { BudgetTarget } from './retry-budget.ts'

/** All that a pipeline's policies hold for one key, looked up once. */
export interface Target {
  readonly key: string
  readonly budget: BudgetTarget | undefined
  readonly rateLimit: RateLimitTarget | undefined
  readonly breaker: BreakerTarget | undefined
  readonly bulkhead: BulkheadTarget | undefined
  readonly concurrency: AdaptiveTarget | undefined
  readonly breakerListener: BreakerListener | undefined
}
