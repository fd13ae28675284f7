import { randomBytes } from 'node:crypto'
import { invalid } from './api-error.ts'
import { secondsUntil, type Clock } from './clock.ts'

/** Something lent: the rights of a database user that Vault has made. */
export interface LeaseEntry {
  /** `database/creds/ROLE/RANDOM`. */
  readonly id: string
  readonly token: string
  readonly username: string
  readonly issuedAt: number
  readonly ttlSeconds: number
  readonly maxTtlSeconds: number
  readonly renewable: boolean
  expiresAt: number
  renewals: number
}

/** All leases (https://developer.hashicorp.com/vault/docs/concepts/lease). */
export class Leases {
  readonly #leases = new Map<string, LeaseEntry>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  create(
    path: string,
    facts: Pick<LeaseEntry, 'token' | 'username' | 'ttlSeconds' | 'maxTtlSeconds' | 'renewable'>,
  ): LeaseEntry {
    return this.put(`${path}/${randomBytes(18).toString('base64url')}`, facts)
  }

  put(id: string, facts: Parameters<Leases['create']>[1]): LeaseEntry {
    const now = this.#clock.now
    const lease = { ...facts, id, issuedAt: now, expiresAt: now + facts.ttlSeconds * 1_000, renewals: 0 }
    this.#leases.set(id, lease)
    return lease
  }

  /** Those that run. */
  get active(): LeaseEntry[] {
    this.sweep()
    return [...this.#leases.values()]
  }

  /** @throws ApiError 400 where it is over or never was. */
  find(id: string): LeaseEntry {
    const lease = this.#leases.get(id)
    if (lease === undefined) throw invalid('lease not found')
    if (lease.expiresAt <= this.#clock.now) throw invalid('lease expired')
    return lease
  }

  /** @returns seconds granted. */
  renew(id: string, incrementSeconds: number): number {
    const lease = this.find(id)
    if (!lease.renewable) throw invalid('lease is not renewable')
    const limit = lease.maxTtlSeconds === 0 ? Infinity : lease.issuedAt + lease.maxTtlSeconds * 1_000
    lease.expiresAt = Math.min(this.#clock.now + (incrementSeconds || lease.ttlSeconds) * 1_000, limit)
    lease.renewals += 1
    return secondsUntil(this.#clock, lease.expiresAt)
  }

  /** Says nothing of one that is not there, as Vault does. */
  revoke(id: string): void {
    this.#leases.delete(id)
  }

  revokeBelow(prefix: string): void {
    for (const id of [...this.#leases.keys()]) if (id.startsWith(prefix)) this.#leases.delete(id)
  }

  revokeOf(token: string): void {
    for (const lease of [...this.#leases.values()]) if (lease.token === token) this.#leases.delete(lease.id)
  }

  sweep(): void {
    for (const lease of [...this.#leases.values()])
      if (lease.expiresAt <= this.#clock.now) this.#leases.delete(lease.id)
  }
}
