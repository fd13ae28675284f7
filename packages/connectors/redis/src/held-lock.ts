import { ConnectorError } from '@casare/core'
import { releaseLock, renewLock } from './lock-scripts.ts'
import type { Driver, Outcome, RedisClient, ReplyOptions } from './redis-client.ts'
import type { Argument } from './values.ts'

export interface HeldLockOptions {
  readonly key: string
  readonly token: string
  readonly leaseMs: number
  readonly fencing: bigint
}

/** The client of a lock's callback: the connection, with the lock's fencing number and a signal for its loss. */
export class HeldLock implements RedisClient {
  /** Grows with each holder of this lock. */
  readonly fencing: bigint
  readonly #client: RedisClient
  readonly #options: HeldLockOptions
  readonly #lost = new AbortController()
  readonly #timer: NodeJS.Timeout
  #sureUntil: number
  #released = false

  constructor(client: RedisClient, options: HeldLockOptions) {
    this.fencing = options.fencing
    this.#client = client
    this.#options = options
    this.#sureUntil = performance.now() + options.leaseMs
    this.#timer = setInterval(() => void this.#renew(), options.leaseMs / 3)
  }

  /** Aborted when the lock may be another's: stop then. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  get memory(): WeakMap<object, unknown> {
    return this.#client.memory
  }

  send(command: readonly Argument[], replies?: ReplyOptions): Promise<unknown> {
    return this.#client.send(command, replies)
  }

  sendAll(commands: readonly (readonly Argument[])[], replies?: ReplyOptions): Promise<Outcome[]> {
    return this.#client.sendAll(commands, replies)
  }

  dial(signal: AbortSignal, key?: Argument): Promise<Driver> {
    return this.#client.dial(signal, key)
  }

  hold<Result>(signal: AbortSignal, work: (held: RedisClient) => Promise<Result>): Promise<Result> {
    return this.#client.hold(signal, work)
  }

  event(name: string, detail: Readonly<Record<string, unknown>>): void {
    this.#client.event(name, detail)
  }

  /** @throws `conflict` where the lock was lost before the work was done: another may have worked at the same time. */
  assertHeld(): void {
    if (performance.now() >= this.#sureUntil) this.#lose()
    if (this.#lost.signal.aborted) throw this.#lost.signal.reason
  }

  async release(): Promise<void> {
    this.#released = true
    clearInterval(this.#timer)
    const { key, token } = this.#options
    // Where it cannot be ended it ends by itself.
    await releaseLock(this.#client, key, token).catch(() => undefined)
  }

  async #renew(): Promise<void> {
    const { key, token, leaseMs } = this.#options
    const sentAt = performance.now()
    try {
      if (!(await renewLock(this.#client, key, token, leaseMs))) this.#lose()
      else this.#sureUntil = sentAt + leaseMs
    } catch {
      // Perhaps the next one gets through, before the lease is over.
    }
    if (performance.now() >= this.#sureUntil) this.#lose()
  }

  #lose(): void {
    if (this.#released || this.#lost.signal.aborted) return
    clearInterval(this.#timer)
    const { key, leaseMs } = this.#options
    this.#client.event('lock lost', { key })
    this.#lost.abort(
      new ConnectorError({
        code: 'conflict',
        applied: 'yes',
        message: `Redis: the lock "${key}" was lost; it was not renewed within ${leaseMs} ms, or was deleted. Another may hold it.`,
      }),
    )
  }
}
