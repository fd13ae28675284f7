import type { HttpHeaders } from '../http-types.ts'

/** Epoch seconds begin here (September 2001); smaller numbers are a delay. */
const firstEpochSeconds = 1_000_000_000

/**
 * How long an answer asks us to wait, in milliseconds: `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), `RateLimit`
 * (draft-ietf-httpapi-ratelimit-headers, also its older three fields) and `x-ratelimit-*` where nothing is left.
 * `undefined` where it says nothing usable. Clamping hostile values is the retry policy's business.
 * @param now as `Date.now()`; the answer's own `Date` is preferred, so that skewed clocks do not matter.
 */
export function retryAfterMs(headers: HttpHeaders, now: number): number | undefined {
  const retryAfter = single(headers, 'retry-after')
  if (retryAfter !== undefined) {
    const waitMs = /^\d+(\.\d+)?$/.test(retryAfter) ? Number(retryAfter) * 1000 : untilDate(retryAfter, headers, now)
    if (waitMs !== undefined) return waitMs
  }
  const precise = Number(single(headers, 'retry-after-ms') ?? NaN)
  if (precise >= 0) return precise
  return (
    structured(single(headers, 'ratelimit')) ??
    separate(headers, 'ratelimit', now) ??
    separate(headers, 'x-ratelimit', now)
  )
}

function single(headers: HttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0]?.trim() : value?.trim()
}

function untilDate(text: string, headers: HttpHeaders, now: number): number | undefined {
  const at = Date.parse(text)
  if (Number.isNaN(at)) return undefined
  const serverNow = Date.parse(single(headers, 'date') ?? '')
  return Math.max(0, at - (Number.isNaN(serverNow) ? now : serverNow))
}

/** `"default";r=0;t=30`: the longest wait among the policies that have nothing left. */
function structured(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  let longest: number | undefined
  for (const item of value.split(',')) {
    const remaining = /(?:;|^)\s*(?:r|remaining)\s*=\s*(\d+)/.exec(item)?.[1]
    const seconds = /(?:;|^)\s*(?:t|reset)\s*=\s*(\d+)/.exec(item)?.[1]
    if (remaining === '0' && seconds !== undefined) longest = Math.max(longest ?? 0, Number(seconds) * 1000)
  }
  return longest
}

function separate(headers: HttpHeaders, prefix: string, now: number): number | undefined {
  if (Number(single(headers, `${prefix}-remaining`) ?? NaN) !== 0) return undefined
  const reset = single(headers, `${prefix}-reset`)
  if (reset === undefined) return undefined
  if (!/^\d+(\.\d+)?$/.test(reset)) return untilDate(reset, headers, now)
  const number = Number(reset)
  if (number < firstEpochSeconds) return number * 1000
  const at = number < firstEpochSeconds * 1000 ? number * 1000 : number
  return Math.max(0, at - now)
}
