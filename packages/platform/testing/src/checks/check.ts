/** A cell that cannot apply to a connector, with the reason; shown, never silently left out. */
export interface NotApplicable {
  readonly notApplicable: string
}

/** Says why something does not apply: `notApplicable('SQLite is a file: there is no network')`. */
export function notApplicable(reason: string): NotApplicable {
  return { notApplicable: reason }
}

export function isNotApplicable(value: unknown): value is NotApplicable {
  return typeof value === 'object' && value !== null && 'notApplicable' in value
}

/** What a check found: how many cases held, or why there were none. */
export type CheckOutcome = number | NotApplicable

/** One thing that must hold. Independent of any test runner. */
export interface Check {
  /** The promise it is part of: a row of the conformance table. */
  readonly promise: string
  readonly name: string
  /** Set where it is known from the beginning that it does not apply; runners show it in the name. */
  readonly notApplicable?: string | undefined
  /** Resolves to the number of cases that held; throws where one did not. */
  readonly run: () => Promise<CheckOutcome>
}

/** The check that takes the place of one that does not apply. */
export function inapplicable(promise: string, name: string, reason: NotApplicable): Check {
  return { promise, name, notApplicable: reason.notApplicable, run: async () => reason }
}

/** What the tests ran against. */
export interface Peer {
  /** For instance `PostgreSQL`. */
  readonly name: string
  /** As the peer tells it. */
  readonly version: string
  readonly kind: 'real server' | 'other implementation' | 'simulator'
}

/** The result of one check; published on the diagnostics channel `casare:conformance`. */
export interface CheckResult {
  readonly connector: string
  readonly suite: string
  readonly promise: string
  readonly check: string
  readonly peer: Peer
  readonly outcome: 'passed' | 'failed' | 'not applicable'
  readonly cases: number
  /** Why it failed or does not apply. */
  readonly reason?: string | undefined
}

/** @throws Error with the message, where the condition does not hold. */
export function ensure(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

/** @throws Error where the two are not the same JSON. */
export function ensureEqual(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [textOf(actual), textOf(expected)]
  ensure(left === right, `${what}: expected ${right.slice(0, 500)}, got ${left.slice(0, 500)}`)
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part)) ?? 'undefined'
}

/** The promise's result; an error where it takes longer than `limitMs`, which is how a hang becomes a failure. */
export async function within<T>(promise: Promise<T>, limitMs: number, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`${what}: nothing after ${limitMs} ms`)), limitMs)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
