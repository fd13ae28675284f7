import { randomBytes, randomUUID } from 'node:crypto'
import { invalid } from './api-error.ts'
import { secondsUntil, type Clock } from './clock.ts'

/** A token that Vault has given. */
export interface TokenEntry {
  readonly id: string
  readonly accessor: string
  readonly policies: readonly string[]
  readonly displayName: string
  /** Where it was made: `auth/approle/login`. */
  readonly path: string
  readonly namespace: string
  readonly parent: string | undefined
  readonly meta: Readonly<Record<string, string>> | null
  readonly createdAt: number
  /** 0: it does not end. */
  readonly ttlSeconds: number
  /** From its making, renewals included; 0: no limit. */
  readonly maxTtlSeconds: number
  readonly periodSeconds: number
  readonly renewable: boolean
  readonly numUses: number
  usesLeft: number
  expiresAt: number | undefined
}

/** What may be stated of a new token. */
export interface NewToken {
  readonly id?: string | undefined
  readonly policies: readonly string[]
  readonly displayName?: string | undefined
  readonly path?: string | undefined
  readonly namespace?: string | undefined
  readonly parent?: string | undefined
  readonly meta?: Readonly<Record<string, string>> | null | undefined
  readonly ttlSeconds?: number | undefined
  readonly maxTtlSeconds?: number | undefined
  readonly periodSeconds?: number | undefined
  readonly renewable?: boolean | undefined
  readonly numUses?: number | undefined
}

/** All tokens. What a token gave ends with it (https://developer.hashicorp.com/vault/docs/concepts/tokens). */
export class Tokens {
  readonly #tokens = new Map<string, TokenEntry>()
  readonly #clock: Clock
  /** Told of each token that is over. */
  onEnd: (id: string) => void = () => undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  create(wanted: NewToken): TokenEntry {
    const { ttlSeconds = 0, maxTtlSeconds = 0, periodSeconds = 0, numUses = 0, meta = null } = wanted
    const seconds =
      periodSeconds || (maxTtlSeconds > 0 ? Math.min(ttlSeconds || maxTtlSeconds, maxTtlSeconds) : ttlSeconds)
    const entry: TokenEntry = {
      id: wanted.id ?? `hvs.${randomBytes(24).toString('base64url')}`,
      accessor: randomBytes(18).toString('base64url'),
      policies: wanted.policies,
      displayName: wanted.displayName ?? 'token',
      path: wanted.path ?? 'auth/token/create',
      namespace: wanted.namespace ?? '',
      parent: wanted.parent,
      meta,
      createdAt: this.#clock.now,
      ttlSeconds: seconds,
      maxTtlSeconds,
      periodSeconds,
      renewable: seconds > 0 && wanted.renewable !== false,
      numUses,
      usesLeft: numUses,
      expiresAt: seconds === 0 ? undefined : this.#clock.now + seconds * 1_000,
    }
    if (this.#tokens.has(entry.id)) throw invalid('cannot create a token with a duplicate ID')
    this.#tokens.set(entry.id, entry)
    return entry
  }

  find(id: string): TokenEntry | undefined {
    const entry = this.#tokens.get(id)
    if (entry?.expiresAt === undefined || entry.expiresAt > this.#clock.now) return entry
    this.revoke(id)
    return undefined
  }

  byAccessor(accessor: string): TokenEntry | undefined {
    return [...this.#tokens.values()].find((entry) => entry.accessor === accessor)
  }

  get ids(): string[] {
    return [...this.#tokens.keys()]
  }

  /** One use of it; the last one ends it after the request. */
  use(entry: TokenEntry): void {
    if (entry.numUses > 0 && --entry.usesLeft === 0) this.#tokens.delete(entry.id)
  }

  /** @returns seconds granted, which are fewer where its longest life comes to an end. */
  renew(entry: TokenEntry, incrementSeconds: number): number {
    if (!entry.renewable || entry.expiresAt === undefined) throw invalid('lease is not renewable')
    const wanted = entry.periodSeconds || incrementSeconds || entry.ttlSeconds
    const limit = entry.maxTtlSeconds === 0 ? Infinity : entry.createdAt + entry.maxTtlSeconds * 1_000
    if (limit <= this.#clock.now) throw invalid('past the max TTL, cannot renew')
    entry.expiresAt = Math.min(this.#clock.now + wanted * 1_000, limit)
    return secondsUntil(this.#clock, entry.expiresAt)
  }

  /** With all tokens that were made with it. */
  revoke(id: string): void {
    if (!this.#tokens.delete(id)) return
    this.onEnd(id)
    for (const child of [...this.#tokens.values()]) if (child.parent === id) this.revoke(child.id)
  }

  /** Ends what is over by the clock. */
  sweep(): void {
    for (const id of this.ids) this.find(id)
  }
}

/** The `auth` part of an answer that gives or renews a token. */
export function authOf(entry: TokenEntry, clock: Clock): object {
  return {
    client_token: entry.id,
    accessor: entry.accessor,
    policies: entry.policies,
    token_policies: entry.policies,
    metadata: entry.meta,
    lease_duration: entry.expiresAt === undefined ? 0 : secondsUntil(clock, entry.expiresAt),
    renewable: entry.renewable,
    entity_id: randomUUID(),
    token_type: 'service',
    orphan: entry.parent === undefined,
    mfa_requirement: null,
    num_uses: entry.numUses,
  }
}
