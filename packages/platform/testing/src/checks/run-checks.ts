import { channel } from 'node:diagnostics_channel'
import { isNotApplicable, within, type Check, type CheckResult, type Peer } from './check.ts'

const conformance = channel('casare:conformance')
const limitMs = 60_000

/** Which suite a check belongs to. */
export interface SuiteFacts {
  readonly connector: string
  readonly suite: string
  readonly peer: Peer
}

/** Runs one check and publishes its result. Never throws. */
export async function runCheck(facts: SuiteFacts, check: Check): Promise<CheckResult & { readonly error?: unknown }> {
  const base = { ...facts, promise: check.promise, check: check.name }
  let result: CheckResult & { error?: unknown }
  try {
    const outcome = await within(check.run(), limitMs, check.name)
    result = isNotApplicable(outcome)
      ? { ...base, outcome: 'not applicable', cases: 0, reason: outcome.notApplicable }
      : { ...base, outcome: 'passed', cases: outcome }
    if (outcome === 0) throw new Error('The check has found nothing to check: give it examples, or say why not.')
  } catch (error) {
    const reason = reasonOf(error)
    result = { ...base, outcome: 'failed', cases: 0, reason, error }
  }
  conformance.publish(result)
  return result
}

/** Where ending the check failed too, what came first counts. */
function reasonOf(error: unknown): string {
  if (error instanceof SuppressedError) return `${reasonOf(error.suppressed)}; and then: ${reasonOf(error.error)}`
  return error instanceof Error ? error.message : String(error)
}

/** Runs checks one after the other. With `stopAtFirst`, nothing is run after a failure. */
export async function runChecks(
  facts: SuiteFacts,
  checks: readonly Check[],
  options: { readonly stopAtFirst?: boolean | undefined } = {},
): Promise<CheckResult[]> {
  const results: CheckResult[] = []
  for (const check of checks) {
    const result = await runCheck(facts, check)
    results.push(result)
    if (result.outcome === 'failed' && options.stopAtFirst === true) break
  }
  return results
}

/** The part of a test runner that suites need: Jest, Vitest, Mocha and node:test have it. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown
  readonly test: (name: string, body: () => Promise<void>, timeoutMs?: number) => unknown
}

/**
 * Registers checks as tests.
 * @param runner default: the globals `describe` and `test` (or `it`).
 * @throws Error where there is no runner.
 */
export function registerChecks(facts: SuiteFacts, checks: readonly Check[], runner: TestRunner = globalRunner()): void {
  runner.describe(`${facts.suite}: ${facts.connector}`, () => {
    for (const check of checks)
      runner.test(
        `${check.promise}: ${check.name}${check.notApplicable === undefined ? '' : ` (not applicable: ${check.notApplicable})`}`,
        async () => {
          const result = await runCheck(facts, check)
          if (result.outcome === 'failed') throw new Error(result.reason, { cause: result.error })
        },
        limitMs + 5_000,
      )
  })
}

function globalRunner(): TestRunner {
  const globals = globalThis as unknown as Partial<TestRunner> & { it?: TestRunner['test'] }
  const { describe } = globals
  const test = globals.test ?? globals.it
  if (describe === undefined || test === undefined)
    throw new Error('There is no describe and test here: pass { describe, test } of your test runner.')
  return { describe, test }
}
