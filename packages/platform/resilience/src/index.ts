export { adaptiveConcurrency } from './adaptive-concurrency.ts'
export type {
  AdaptiveConcurrency,
  AdaptiveConcurrencyOptions,
  AdaptiveConcurrencyState,
} from './adaptive-concurrency.ts'
export { backoffMs } from './backoff.ts'
export type { BackoffFacts, BackoffOptions } from './backoff.ts'
export { bulkhead } from './bulkhead.ts'
export type { Bulkhead, BulkheadOptions, BulkheadState } from './bulkhead.ts'
export { circuitBreaker } from './circuit-breaker.ts'
export type { CircuitBreaker, CircuitBreakerOptions, CircuitBreakerState } from './circuit-breaker.ts'
export { systemClock } from './clock.ts'
export type { Clock } from './clock.ts'
export { compose, composeWith } from './compose.ts'
export { deadline } from './deadline.ts'
export type { Deadline, DeadlineOptions } from './deadline.ts'
export type { Classify, FailureFacts } from './failure-facts.ts'
export { pipeline } from './pipeline.ts'
export type { Pipeline, PipelineOptions, TargetSnapshot } from './pipeline.ts'
export type {
  AttemptContext,
  AttemptFailure,
  ExecuteOptions,
  Operation,
  PipelineEvent,
  Settlement,
} from './pipeline-types.ts'
export type { Policy, PolicyKind } from './policy.ts'
export { rateLimit } from './rate-limit.ts'
export type { RateLimit, RateLimitOptions, RateLimitState } from './rate-limit.ts'
export { ResilienceError } from './resilience-error.ts'
export type { Applied, ResilienceErrorCode, ResilienceErrorDetails } from './resilience-error.ts'
export { readRetryHints } from './retry-hints.ts'
export type { ReplyHeaders, RetryHints } from './retry-hints.ts'
export { retry } from './retry.ts'
export type { Retry, RetryOptions } from './retry.ts'
export { retryBudget } from './retry-budget.ts'
export type { RetryBudget, RetryBudgetOptions, RetryBudgetState } from './retry-budget.ts'
export { timeout } from './timeout.ts'
export type { Timeout, TimeoutOptions } from './timeout.ts'
