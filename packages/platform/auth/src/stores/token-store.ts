/** A stored text with the number of its version, which goes up by one with each change. */
export interface StoredTokens {
  readonly value: string
  readonly version: number
}

/** A right to refresh, until it expires: only its holder asks the authorization server. */
export interface Lease {
  /** Goes up with each lease of this key; an older holder can neither extend nor give back a newer lease. */
  readonly fence: number
}

/**
 * Where tokens live that several calls, processes or machines share. Leases are measured by the store's own clock where it has
 * one. Every method may be called by many processes at once; what `replace` and `acquire` decide is atomic.
 */
export interface TokenStore {
  /** The tokens stored under a key. */
  read(key: string): Promise<StoredTokens | undefined>
  /**
   * Takes the lease of a key where nobody else holds it; who holds it already gets a new one, so that a lost answer harms
   * nobody.
   * @param holder names the process; 1 to 64 characters.
   * @param ttlMs how long it lasts unless it is extended.
   */
  acquire(key: string, holder: string, ttlMs: number): Promise<Lease | undefined>
  /** Makes the lease last for `ttlMs` from now. @returns `false` where another one was given since. */
  extend(key: string, fence: number, ttlMs: number): Promise<boolean>
  /** Gives the lease back, where it still is the newest. */
  release(key: string, fence: number): Promise<void>
  /**
   * Compare and swap: stores a value where the version is still this one; 0 where nothing was stored.
   * @returns whether it did.
   */
  replace(key: string, version: number, value: string): Promise<boolean>
  /** Stores a value whatever was there: a new login. A refresh on its way will find its version gone. */
  put(key: string, value: string): Promise<void>
  /** Forgets the value: a logout. */
  delete(key: string): Promise<void>
}
