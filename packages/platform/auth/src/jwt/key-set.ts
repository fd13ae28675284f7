import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import {
  ConnectorError,
  invalidInput,
  isLoopback,
  isPlainObject,
  Redactor,
  type EgressGuard,
  type TlsConfig,
} from '@casare/core'
import type { HttpTimeouts } from '@casare/http'
import { within } from '../within.ts'
import { httpFetch } from '../oauth/http-fetch.ts'

/** Keys behind an address. */
export interface KeySet {
  /** For `verifyJwt`. */
  readonly resolve: JWTVerifyGetKey
  close(): Promise<void>
}

/** Settings of a key set. */
export interface KeySetOptions {
  /** Where the key set lies (RFC 7517, 5): the `jwks_uri` of the issuer; https. */
  readonly url: string
  /** How long keys are used without a look, in milliseconds, 1,000 to 86,400,000. Default 600,000. */
  readonly maxAgeMs?: number | undefined
  /** How often an unknown key makes us look again, at most, in milliseconds, 1,000 to 3,600,000. Default 30,000. */
  readonly cooldownMs?: number | undefined
  readonly tls?: TlsConfig | undefined
  readonly timeouts?: HttpTimeouts | undefined
  /** Where the address may lead to: give one where it comes from a token's issuer, or from input. */
  readonly egress?: EgressGuard | undefined
}

const maxKeys = 100

/**
 * The key set behind an address, kept for a while. A token signed with a key that is not in it makes it look again: keys rotate.
 * Where the address cannot be reached, the keys at hand are used for a day more.
 */
export function remoteKeySet(options: KeySetOptions): KeySet {
  const url = URL.canParse(options.url) ? new URL(options.url) : undefined
  if (url === undefined || (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))))
    throw invalidInput('The address of a key set must be an https URL.')
  const keys = new RemoteKeys(url.href, options)
  return { resolve: (header, token) => keys.resolve(header, token), close: () => keys.close() }
}

const staleMs = 86_400_000

class RemoteKeys {
  readonly #url: string
  readonly #maxAgeMs: number
  readonly #cooldownMs: number
  readonly #fetch: ReturnType<typeof httpFetch>
  #keys: JWTVerifyGetKey | undefined
  #fetchedAt = -Infinity
  #triedAt = -Infinity
  #fetching: Promise<void> | undefined

  constructor(url: string, options: KeySetOptions) {
    this.#url = url
    this.#maxAgeMs = within('maxAgeMs', options.maxAgeMs ?? 600_000, 1_000, 86_400_000)
    this.#cooldownMs = within('cooldownMs', options.cooldownMs ?? 30_000, 1_000, 3_600_000)
    this.#fetch = httpFetch({
      tls: options.tls,
      timeouts: options.timeouts,
      egress: options.egress,
      redactor: new Redactor(),
    })
  }

  readonly resolve: JWTVerifyGetKey = async (header, token) => {
    const now = performance.now()
    if (now - this.#fetchedAt > this.#maxAgeMs && (this.#keys === undefined || now - this.#triedAt > this.#cooldownMs))
      await this.#refresh()
    try {
      return await this.#usable()(header, token)
    } catch (error) {
      const unknown = (error as { code?: string }).code === 'ERR_JWKS_NO_MATCHING_KEY'
      if (!unknown || performance.now() - this.#triedAt < this.#cooldownMs) throw error
      await this.#refresh()
      return this.#usable()(header, token)
    }
  }

  #usable(): JWTVerifyGetKey {
    if (this.#keys === undefined || performance.now() - this.#fetchedAt > this.#maxAgeMs + staleMs)
      throw new ConnectorError({
        code: 'unavailable',
        applied: 'no',
        message: `The key set at ${this.#url} cannot be had.`,
      })
    return this.#keys
  }

  /** Single flight; a failure leaves the keys at hand in use, and is thrown where there are none. */
  async #refresh(): Promise<void> {
    this.#fetching ??= this.#load().finally(() => {
      this.#fetching = undefined
    })
    try {
      await this.#fetching
    } catch (error) {
      if (this.#keys === undefined) throw error
    }
  }

  async #load(): Promise<void> {
    this.#triedAt = performance.now()
    const answer = await this.#fetch(this.#url, { headers: { accept: 'application/jwk-set+json, application/json' } })
    const problem = (words: string): ConnectorError =>
      new ConnectorError({ code: 'unavailable', applied: 'no', message: `The key set at ${this.#url} ${words}.` })
    if (answer.status !== 200) throw problem(`answers ${answer.status}`)
    let data: unknown
    try {
      data = await answer.json()
    } catch {
      throw problem('is no JSON')
    }
    if (!isPlainObject(data) || !Array.isArray(data['keys']) || data['keys'].length > maxKeys)
      throw problem(`is none, or has more than ${maxKeys} keys`)
    // A secret key has no place in a public set: whoever can read it could sign.
    const keys = (data['keys'] as unknown[]).filter((key) => isPlainObject(key) && key['kty'] !== 'oct')
    this.#keys = createLocalJWKSet({ keys } as JSONWebKeySet)
    this.#fetchedAt = performance.now()
  }

  close(): Promise<void> {
    return this.#fetch.close()
  }
}
