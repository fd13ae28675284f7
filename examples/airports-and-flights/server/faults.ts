import { createHash } from 'node:crypto'

/** How one answer goes wrong; `none` is a proper answer. */
export type Fault = 'none' | 'too_many_requests' | 'unavailable' | 'reset' | 'stall'

const kinds = ['too_many_requests', 'unavailable', 'reset', 'stall'] as const
/** Pages of flights that are sure to fail once, so that even a short run meets each kind. */
const surePages = [4, 8, 13, 18]
/** Of 1,000 other requests: this many fail at their first attempt, and of those again at their second. */
const failingOnce = 40
const failingTwice = 5

/**
 * The fault of a request: a pure function of its arguments, so that the same seed gives the same run. No request fails
 * more than twice.
 * @param request method, path and query.
 * @param attempt 1 for the first time the request is seen.
 * @param flightsPage index of the page of flights, from 0; `undefined` for other requests.
 */
export function faultOf(seed: number, request: string, attempt: number, flightsPage?: number): Fault {
  const sure = flightsPage === undefined ? -1 : surePages.indexOf(flightsPage)
  if (sure >= 0) return attempt === 1 ? (kinds[(sure + Math.abs(seed)) % kinds.length] ?? 'none') : 'none'
  const draw = number(seed, `fails ${request}`) % 1_000
  const failures = draw < failingTwice ? 2 : draw < failingOnce ? 1 : 0
  if (attempt > failures) return 'none'
  // Stalls cost the client its whole time-out: half as many as of the others.
  const kind = number(seed, `kind ${request} ${attempt}`) % 7
  return kinds[Math.floor(kind / 2)] ?? 'none'
}

/** Does this page begin with the last record of the page before? The answer is the same at each attempt. */
export function repeatsRecord(seed: number, flightsPage: number): boolean {
  return flightsPage > 0 && (flightsPage === 2 || number(seed, `repeats ${flightsPage}`) % 25 === 0)
}

/** A number from 0 to 2^32-1 that depends on seed and text alone. */
export function number(seed: number, text: string): number {
  return createHash('sha256').update(`${seed}:${text}`).digest().readUInt32BE(0)
}
