import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectorError, invalidInput } from '@casare/core'
import { within } from '../within.ts'
import type { StoredTokens, TokenStore } from '../stores/token-store.ts'
import { readTokenSet, succeed, writeTokenSet, type TokenSet } from '../tokens/token-set.ts'

/** Options of a refresh. */
export interface FencedRefreshOptions {
  /** Under which the tokens are stored; 1 to 256 characters. One key is one grant. */
  readonly key: string
  readonly store: TokenStore
  /**
   * Asks the authorization server for new tokens.
   * @param current what is stored; `undefined` where nothing is.
   * @param signal aborts when the lease is lost.
   * @throws `ConnectorError`: `unauthenticated` means that these tokens will give no new ones.
   */
  readonly refresh: (current: TokenSet | undefined, signal: AbortSignal) => Promise<TokenSet>
  /** Can new tokens be had without a stored grant, as client credentials can? Default false: then a login comes first. */
  readonly fromNothing?: boolean | undefined
  /** How long a process that is killed keeps the others from refreshing, 1,000 to 300,000 ms. Default 10,000. */
  readonly leaseMs?: number | undefined
  /** The longest wait for another process's refresh, 1,000 to 600,000 ms. Default 60,000. */
  readonly waitMs?: number | undefined
  /** Told what happened, without tokens: `refreshed`, `adopted`, `lease_lost`, `refused`. */
  readonly event?: ((name: string, detail: Readonly<Record<string, unknown>>) => void) | undefined
}

/**
 * One refresh per expiry over all processes that share a store. Who wants a new token reads the store first: another process may
 * have put it there. Else it takes the lease, reads once more, asks the server, and swaps the stored tokens for the new ones only
 * where nobody changed them meanwhile. While the server is slow the lease is extended; a process that is killed loses it after
 * `leaseMs`. A refresh that fails leaves the stored grant as it is: it might still be good.
 */
export class FencedRefresh {
  readonly #options: FencedRefreshOptions
  readonly #leaseMs: number
  readonly #waitMs: number
  readonly #holder = crypto.randomUUID()
  /** A version of the stored tokens that the server refused: no use to ask again before it changes. */
  #refusal: { readonly version: number; readonly error: ConnectorError; readonly until: number } | undefined

  constructor(options: FencedRefreshOptions) {
    if (options.key === '' || options.key.length > 256)
      throw invalidInput('The key of stored tokens must have 1 to 256 characters.')
    this.#options = options
    this.#leaseMs = within('leaseMs', options.leaseMs ?? 10_000, 1_000, 300_000)
    this.#waitMs = within('waitMs', options.waitMs ?? 60_000, 1_000, 600_000)
  }

  /**
   * Tokens that are fresh and not those refused.
   * @throws `unauthenticated` where only a login helps; `unavailable` where another process holds the lease for longer than
   * `waitMs`; what the refresh throws.
   */
  async run(isFresh: (tokens: TokenSet) => boolean, refused: string | undefined): Promise<TokenSet> {
    const isGood = (tokens: TokenSet): boolean => isFresh(tokens) && tokens.accessToken.reveal() !== refused
    const { key, store } = this.#options
    const startedAt = performance.now()
    for (let round = 0; ; round += 1) {
      const stored = await store.read(key)
      const found = this.#adopt(stored, isGood)
      if (found !== undefined) return found
      this.#checkGrant(stored)
      const lease = await store.acquire(key, this.#holder, this.#leaseMs)
      if (lease !== undefined) {
        const tokens = await this.#underLease(lease.fence, isGood)
        if (tokens !== undefined) return tokens
      }
      if (performance.now() - startedAt > this.#waitMs)
        throw new ConnectorError({
          code: 'unavailable',
          applied: 'no',
          message: `Another process has been refreshing the tokens "${key}" for more than ${this.#waitMs} ms (waitMs).`,
        })
      await sleep(Math.min(250, 20 * 2 ** Math.min(round, 4)) * (0.5 + Math.random()))
    }
  }

  /** @returns `undefined` where somebody else's change came first: look again. */
  async #underLease(fence: number, isGood: (tokens: TokenSet) => boolean): Promise<TokenSet | undefined> {
    const { key, store, event } = this.#options
    const lost = new AbortController()
    const heartbeat = setInterval(() => {
      store.extend(key, fence, this.#leaseMs).then(
        (extended) => {
          if (extended) return
          event?.('lease_lost', { key })
          lost.abort(new ConnectorError({ code: 'conflict', message: `The lease of the tokens "${key}" was lost.` }))
        },
        // The store cannot be reached for the moment: the lease may last until it can.
        () => undefined,
      )
    }, this.#leaseMs / 3)
    try {
      const stored = await store.read(key)
      const found = this.#adopt(stored, isGood)
      if (found !== undefined) return found
      this.#checkGrant(stored)
      const before = stored === undefined ? undefined : readTokenSet(stored.value, key)
      return await this.#exchange(stored, before, lost.signal)
    } finally {
      clearInterval(heartbeat)
      await store.release(key, fence).catch(() => undefined)
    }
  }

  async #exchange(
    stored: StoredTokens | undefined,
    before: TokenSet | undefined,
    signal: AbortSignal,
  ): Promise<TokenSet | undefined> {
    const { key, store, event } = this.#options
    let next: TokenSet
    try {
      next = succeed(before, await this.#options.refresh(before, signal))
    } catch (error) {
      if (!ConnectorError.is(error, 'unauthenticated')) throw error
      const now = await store.read(key)
      // A login, or a process that had the lease before: what was refused is stored no longer.
      if (now?.version !== stored?.version) return undefined
      event?.('refused', { key, vendorCode: error.vendorCode })
      this.#refusal = { version: stored?.version ?? 0, error, until: performance.now() + refusalMs }
      throw error
    }
    if (await this.#keep(stored, writeTokenSet(next))) {
      event?.('refreshed', { key, expiresAt: next.expiresAt })
      return next
    }
    return undefined
  }

  /** New tokens are worth a few tries: with a rotated refresh token they are the only good ones. */
  async #keep(stored: StoredTokens | undefined, value: string): Promise<boolean> {
    const { key, store } = this.#options
    for (let tries = 1; ; tries += 1) {
      try {
        return await store.replace(key, stored?.version ?? 0, value)
      } catch (error) {
        if (tries >= 5) throw error
        await sleep(100 * 2 ** tries)
      }
    }
  }

  #adopt(stored: StoredTokens | undefined, isGood: (tokens: TokenSet) => boolean): TokenSet | undefined {
    if (stored === undefined) return undefined
    const tokens = readTokenSet(stored.value, this.#options.key)
    if (!isGood(tokens)) return undefined
    this.#options.event?.('adopted', { key: this.#options.key, version: stored.version })
    return tokens
  }

  #checkGrant(stored: StoredTokens | undefined): void {
    const { key, fromNothing = false } = this.#options
    if (stored === undefined && !fromNothing)
      throw new ConnectorError({
        code: 'unauthenticated',
        message: `Nobody has logged in: there are no tokens stored as "${key}". Log in first.`,
      })
    const refusal = this.#refusal
    if (refusal === undefined) return
    if (refusal.version === (stored?.version ?? 0) && performance.now() < refusal.until) throw refusal.error
    this.#refusal = undefined
  }
}

/** For how long a refusal is believed; a server may have been wrong about it. */
const refusalMs = 30_000
