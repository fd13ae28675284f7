/** The longest wait that an answer may ask for, in milliseconds: a day. */
const longestMs = 86_400_000

/**
 * How long the service asked us to wait, in milliseconds, 0 to a day: from `retry-after` (seconds or a date, RFC 9110
 * 10.2.3), `x-amz-retry-after` (milliseconds) or the error's own `retryAfterSeconds`.
 */
export function retryAfterMs(error: object): number | undefined {
  const { $response, retryAfterSeconds } = error as {
    $response?: { headers?: Readonly<Record<string, string>> }
    retryAfterSeconds?: unknown
  }
  const { 'retry-after': after, 'x-amz-retry-after': afterMs } = $response?.headers ?? {}
  return (
    bounded(Number(afterMs ?? Number.NaN)) ??
    bounded(Number(after ?? Number.NaN) * 1_000) ??
    bounded(Date.parse(after ?? '') - Date.now()) ??
    (retryAfterSeconds === undefined ? undefined : bounded(Number(retryAfterSeconds) * 1_000))
  )
}

function bounded(milliseconds: number): number | undefined {
  return Number.isFinite(milliseconds) ? Math.min(Math.max(0, Math.ceil(milliseconds)), longestMs) : undefined
}
