import type { Seams } from './engine.ts'
import { fromSlots, type Pipeline } from './pipeline.ts'
import { Policy, policyOrder } from './policy.ts'

/**
 * Fuses policies into one pipeline, the first being the outermost. They must stand in the order in which a pipeline acts
 * (deadline, retry, retryBudget, rateLimit, circuitBreaker, bulkhead, adaptiveConcurrency, timeout), each at most once;
 * for another order call `execute` of one inside that of the other.
 * @throws TypeError where the order is another, or a kind appears twice
 */
export function compose(...policies: Policy[]): Pipeline {
  return composeWith({}, ...policies)
}

/** The same with a classifier, events, a clock or a source of random numbers. */
export function composeWith(seams: Seams, ...policies: Policy[]): Pipeline {
  const slots: Record<string, Policy> = {}
  let last = -1
  for (const policy of policies) {
    if (!(policy instanceof Policy)) throw new TypeError('compose takes policies only, such as retry() or timeout()')
    const place = policyOrder.indexOf(policy.kind)
    if (place <= last) {
      throw new TypeError(
        `compose: ${policy.kind} must come before ${policyOrder[last]}, once; the order is ${policyOrder.join(', ')}`,
      )
    }
    last = place
    slots[policy.kind] = policy
  }
  return fromSlots(slots, seams)
}
