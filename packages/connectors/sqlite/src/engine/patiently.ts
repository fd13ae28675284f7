const longestWaitMs = 25

/** Is somebody else holding the lock? (https://www.sqlite.org/rescode.html#busy) */
function isBusy(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' && (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'))
}

/**
 * Does the work, again and again while somebody else holds the lock, for up to `busyTimeoutMs`; the thread is free in the
 * meantime. Where nobody does, no promise is made.
 */
export function patiently<T>(
  work: () => T | Promise<T>,
  busyTimeoutMs: number,
  signal: () => AbortSignal,
): T | Promise<T> {
  const again = (error: unknown): Promise<T> => waitAndRepeat(error, work, busyTimeoutMs, signal)
  try {
    const result = work()
    return result instanceof Promise ? result.catch(again) : result
  } catch (error) {
    if (!isBusy(error)) throw error
    return again(error)
  }
}

async function waitAndRepeat<T>(
  error: unknown,
  work: () => T | Promise<T>,
  busyTimeoutMs: number,
  signal: () => AbortSignal,
): Promise<T> {
  const until = performance.now() + busyTimeoutMs
  let failure = error
  for (let waitMs = 1; isBusy(failure) && performance.now() < until; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
    await new Promise((resolve) => setTimeout(resolve, waitMs * (0.5 + Math.random() / 2)))
    signal().throwIfAborted()
    try {
      return await work()
    } catch (next) {
      failure = next
    }
  }
  throw failure
}
