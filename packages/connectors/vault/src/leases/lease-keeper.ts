import { isRefusal, renewalTimer, type RenewalTimer } from './renewal-timer.ts'

/** A lease of this connection. */
export interface KeptLease {
  readonly id: string
  /** The token it was got with; it ends with that. */
  readonly token: string
}

/** What the keeper needs of the connection. */
export interface LeaseCalls {
  /** @returns seconds granted. */
  renew(id: string): Promise<number>
  event(name: string, detail: Readonly<Record<string, unknown>>): void
}

interface Entry extends KeptLease {
  readonly timer: RenewalTimer
}

/** The leases that this connection has taken: renewed while it is open, handed over when it closes. */
export class LeaseKeeper {
  readonly #calls: LeaseCalls
  readonly #leases = new Map<string, Entry>()

  constructor(calls: LeaseCalls) {
    this.#calls = calls
  }

  keep(id: string, token: string, seconds: number, renewable: boolean): void {
    if (id === '') return
    const timer = renewalTimer(() => this.#renew(id))
    this.#leases.set(id, { id, token, timer })
    if (renewable && seconds > 0) timer.start(seconds)
  }

  /** Renewed by the user: the next time counts from now. */
  renewed(id: string, seconds: number): void {
    if (seconds > 0) this.#leases.get(id)?.timer.start(seconds)
  }

  /** Revoked, or over. */
  forget(id: string): void {
    this.#leases.get(id)?.timer.stop()
    this.#leases.delete(id)
  }

  /** Renews no more, and gives away what there is. */
  release(): KeptLease[] {
    const kept = [...this.#leases.values()]
    for (const { id } of kept) this.forget(id)
    return kept
  }

  async #renew(leaseId: string): Promise<number | undefined> {
    try {
      const seconds = await this.#calls.renew(leaseId)
      return this.#leases.has(leaseId) ? seconds : undefined
    } catch (error) {
      const refused = isRefusal(error)
      this.#calls.event('lease_renewal_failed', { leaseId, refused, reason: (error as Error).message })
      if (!refused) throw error
      return undefined
    }
  }
}
