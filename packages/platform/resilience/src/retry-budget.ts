import { checkKeys, checkNumber } from './check-option.ts'
import { Keyed } from './keyed.ts'
import { Policy } from './policy.ts'

/** Options of `retryBudget`. */
export interface RetryBudgetOptions {
  /** Retries earned by each success; 0 to 1, default 0.1: in an outage retries add about 10 % load. */
  readonly perSuccess?: number | undefined
  /** Retries in hand at the start; 0 to 1,000, default 3. */
  readonly reserve?: number | undefined
  /** The most retries that can be saved up; 1 to 100,000, default 100. */
  readonly max?: number | undefined
}

/** State of a retry budget for one target. */
export interface RetryBudgetState {
  /** Retries that may be made at once. */
  readonly tokens: number
  /** Retries refused so far for want of tokens. */
  readonly refused: number
}

/** The tokens of one target. */
export class BudgetTarget {
  tokens: number
  refused = 0
  readonly #policy: RetryBudget

  constructor(policy: RetryBudget) {
    this.#policy = policy
    this.tokens = policy.reserve
  }

  earn(): void {
    const { max, perSuccess } = this.#policy
    if (this.tokens < max) this.tokens = Math.min(max, this.tokens + perSuccess)
  }

  tryTake(): boolean {
    // Ten earnings of 0.1 add up to a little less than 1.
    if (this.tokens < 1 - 1e-9) {
      this.refused++
      return false
    }
    this.tokens = Math.max(0, this.tokens - 1)
    return true
  }

  isIdle(): boolean {
    return this.tokens >= this.#policy.reserve
  }
}

/** A token bucket that successes fill and retries empty, per target. */
export class RetryBudget extends Policy {
  readonly kind = 'retryBudget'
  readonly perSuccess: number
  readonly reserve: number
  readonly max: number
  readonly targets = new Keyed(() => new BudgetTarget(this))

  constructor(options: RetryBudgetOptions) {
    super()
    checkKeys('budget', options, ['perSuccess', 'reserve', 'max'])
    this.perSuccess = checkNumber('budget.perSuccess', options.perSuccess, 0.1, { unit: 'retries', min: 0, max: 1 })
    this.max = checkNumber('budget.max', options.max, 100, { unit: 'retries', min: 1, max: 100_000 })
    this.reserve = checkNumber('budget.reserve', options.reserve, Math.min(3, this.max), {
      unit: 'retries',
      min: 0,
      max: Math.min(1_000, this.max),
    })
  }

  /** The state for a target, as plain data. */
  state(key = ''): RetryBudgetState {
    const target = this.targets.peek(key)
    return { tokens: target?.tokens ?? this.reserve, refused: target?.refused ?? 0 }
  }
}

/**
 * Limits retries to a share of the successes, so that they cannot multiply the load of a target in trouble.
 * It acts on the retries of the pipeline that it stands in; alone it only counts.
 * @throws RangeError or TypeError where an option is invalid
 */
export function retryBudget(options: RetryBudgetOptions = {}): RetryBudget {
  return new RetryBudget(options)
}
