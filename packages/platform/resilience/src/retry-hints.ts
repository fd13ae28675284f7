/** Reply headers by lower-case name. */
export type ReplyHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** What a reply says about when to come back. */
export interface RetryHints {
  /**
   * Milliseconds to wait before the next request; absent where the reply asks for no wait. From `Retry-After`, or from
   * rate-limit headers that say that nothing is left.
   */
  readonly retryAfterMs?: number | undefined
  /** Requests (or units) left in the current window, where the reply says so. */
  readonly remaining?: number | undefined
  /** Milliseconds until the current window ends, where the reply says so. */
  readonly resetMs?: number | undefined
}

const defaultMaxMs = 300_000
const longestHeader = 1_000
const msHeaders = ['retry-after-ms', 'x-ms-retry-after-ms']

/**
 * Reads `Retry-After` (seconds or a date; also Azure's and OpenAI's forms in milliseconds), `RateLimit` and
 * `RateLimit-Policy`, and the `X-RateLimit-*` family. What is malformed is passed over, what is negative counts as now,
 * and no wait is longer than `maxMs`, so that a hostile reply cannot stop a client.
 * @param headers reply headers with lower-case names
 * @param nowMs the current time, ms since 1970; default `Date.now()`. A `Date` header takes its place for dates, so that
 *   a clock that goes wrong does no harm.
 * @param maxMs the longest wait, ms; default 300,000
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
export function readRetryHints(headers: ReplyHeaders, nowMs: number = Date.now(), maxMs = defaultMaxMs): RetryHints {
  const clamp = (ms: number | undefined): number | undefined => ms && Math.min(Math.max(0, ms), maxMs)
  const window = readWindow(headers, nowMs)
  const remaining = window.remaining === undefined ? undefined : Math.max(0, window.remaining)
  const resetMs = clamp(window.resetMs)
  const explicitMs = clamp(readRetryAfter(headers, nowMs))
  const retryAfterMs = explicitMs ?? (remaining === 0 ? resetMs : undefined)
  return {
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(remaining !== undefined && { remaining }),
    ...(resetMs !== undefined && { resetMs }),
  }
}

function readRetryAfter(headers: ReplyHeaders, nowMs: number): number | undefined {
  for (const name of msHeaders) {
    const ms = readNumber(first(headers, name))
    if (ms !== undefined) return ms
  }
  const value = first(headers, 'retry-after')
  if (value === undefined) return undefined
  const seconds = readNumber(value)
  if (seconds !== undefined) return seconds * 1_000
  const at = readDate(value)
  return at === undefined ? undefined : Math.max(0, at - (readDate(first(headers, 'date')) ?? nowMs))
}

interface Window {
  readonly remaining?: number | undefined
  readonly resetMs?: number | undefined
}

function readWindow(headers: ReplyHeaders, nowMs: number): Window {
  const standard = readStandardWindow(headers)
  if (standard !== undefined) return standard
  for (const prefix of ['ratelimit', 'x-ratelimit', 'x-rate-limit']) {
    const remaining = readNumber(first(headers, `${prefix}-remaining`))
    const after = readNumber(first(headers, `${prefix}-reset-after`))
    const reset = readNumber(first(headers, `${prefix}-reset`))
    if (remaining === undefined && reset === undefined && after === undefined) continue
    const resetMs = after === undefined ? resetInMs(reset, nowMs) : after * 1_000
    return { remaining, resetMs }
  }
  return {}
}

const oldestEpochSeconds = 1_000_000_000
const oldestEpochMs = 1_000_000_000_000

/** The reset of a window is seconds from now with some vendors, the time in seconds or milliseconds with others. */
function resetInMs(reset: number | undefined, nowMs: number): number | undefined {
  if (reset === undefined) return undefined
  if (reset >= oldestEpochMs) return reset - nowMs
  return reset >= oldestEpochSeconds ? reset * 1_000 - nowMs : reset * 1_000
}

/**
 * `RateLimit: "default";r=0;t=30`, or `limit=100, remaining=0, reset=30` of the earlier drafts. Of several policies the
 * one that holds longest counts. Where `t` is missing, the window `w` of `RateLimit-Policy` stands in for it.
 */
function readStandardWindow(headers: ReplyHeaders): Window | undefined {
  const value = all(headers, 'ratelimit')
  if (value === undefined) return undefined
  const policyWindows = splitMembers(all(headers, 'ratelimit-policy') ?? '').map((member) => readParameters(member))
  const members = splitMembers(value).map((member) => readParameters(member))
  if (members.some(({ remaining, reset }) => remaining !== undefined || reset !== undefined)) {
    const together = Object.assign({}, ...members) as Record<string, number>
    return { remaining: together.remaining, resetMs: seconds(together.reset) }
  }
  let strictest: Window | undefined
  for (const member of members) {
    if (member.r === undefined) continue
    const policy = policyWindows.find((candidate) => candidate.name === member.name)
    const window = { remaining: member.r as number, resetMs: seconds((member.t ?? policy?.w) as number | undefined) }
    const isStricter =
      strictest === undefined ||
      window.remaining < (strictest.remaining ?? 0) ||
      (window.remaining === strictest.remaining && (window.resetMs ?? 0) > (strictest.resetMs ?? 0))
    if (isStricter) strictest = window
  }
  return strictest
}

function splitMembers(value: string): string[] {
  return value
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '')
}

/** The name and the numeric parameters of a member such as `"default";r=0;t=30`. */
function readParameters(member: string): Record<string, number | string | undefined> {
  const parameters: Record<string, number | string | undefined> = Object.create(null) as Record<string, undefined>
  for (const part of member.split(';')) {
    const [key = '', value] = part.split('=')
    if (value === undefined) parameters.name = key.trim()
    else parameters[key.trim()] = readNumber(value)
  }
  return parameters
}

function seconds(value: number | undefined): number | undefined {
  return value === undefined ? undefined : value * 1_000
}

function first(headers: ReplyHeaders, name: string): string | undefined {
  const value = headers[name]
  const text = typeof value === 'string' ? value : value?.[0]
  return text === undefined || text.length > longestHeader ? undefined : text
}

function all(headers: ReplyHeaders, name: string): string | undefined {
  const value = headers[name]
  const text = typeof value === 'string' || value === undefined ? value : value.join(',')
  return text === undefined || text.length > longestHeader ? undefined : text
}

function readNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^\s*-?\d{1,15}(?:\.\d{1,9})?\s*$/.test(text)) return undefined
  return Number(text)
}

/** The three date forms of HTTP, all of which begin with a day's name and mean UTC. */
function readDate(text: string | undefined): number | undefined {
  if (text === undefined || !/^\s*(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined
  const at = Date.parse(text.includes('GMT') ? text : `${text} GMT`)
  return Number.isNaN(at) ? undefined : at
}
