import { ConnectorError } from '@casare/core'

/**
 * What all processes of one service provider share: which requests wait for their answers, and which assertions were used.
 * Both methods must be atomic over all processes, or a response posted twice at the same moment logs in twice.
 *
 * Redis: `SET key value NX PX ttlMs` and `GETDEL key`. PostgreSQL: `insert … on conflict (key) do update … where expires_at
 * < now()` that tells whether it wrote, and `delete … where key = $1 and expires_at > now() returning value`.
 */
export interface SamlCache {
  /**
   * Stores a value, unless there is one that has not expired.
   * @param key at most 100 characters, letters, digits and `:`
   * @param ttlMs how long it is kept at least, in milliseconds, 1 or more
   * @returns `false` where there was one, which then stays as it is
   */
  put(key: string, value: string, ttlMs: number): Promise<boolean>
  /** Answers the value that has not expired and removes it, as one step. */
  take(key: string): Promise<string | undefined>
}

/**
 * A cache within this process, for one process. Entries go when they expire; a full cache forgets none of them but refuses
 * new ones with `unavailable`: to forget one would let its assertion in again.
 * @param options `maxEntries` 1 or more, default 100,000; `now` the clock, in milliseconds
 */
export function memorySamlCache(
  options: { readonly maxEntries?: number | undefined; readonly now?: (() => number) | undefined } = {},
): SamlCache {
  const { maxEntries = 100_000, now = Date.now } = options
  const entries = new Map<string, { readonly value: string; readonly until: number }>()
  const sweep = (): void => {
    const time = now()
    for (const [key, { until }] of entries) if (until <= time) entries.delete(key)
  }
  return {
    async put(key, value, ttlMs) {
      const found = entries.get(key)
      if (found !== undefined && found.until > now()) return false
      if (entries.size >= maxEntries) sweep()
      if (entries.size >= maxEntries) {
        throw new ConnectorError({
          code: 'unavailable',
          applied: 'no',
          message: `Too many SAML logins are under way: the cache holds ${maxEntries} entries.`,
        })
      }
      entries.set(key, { value, until: now() + ttlMs })
      return true
    },
    async take(key) {
      const found = entries.get(key)
      entries.delete(key)
      return found === undefined || found.until <= now() ? undefined : found.value
    },
  }
}
