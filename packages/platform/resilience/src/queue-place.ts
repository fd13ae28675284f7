import type { Call } from './call.ts'
import type { Waiter, WaitQueue } from './wait-queue.ts'

/** Where a call can wait on its way to the target. */
export const Stage = { rateLimit: 0, bulkhead: 1, concurrency: 2 } as const

/** One of the stages. */
export type Stage = (typeof Stage)[keyof typeof Stage]

/** A call's place in a queue; most calls never need one. */
export class QueuePlace implements Waiter {
  previousWaiter: Waiter | undefined = undefined
  nextWaiter: Waiter | undefined = undefined
  waitingIn: WaitQueue | undefined = undefined
  readonly #call: Call<unknown>
  readonly #stage: Stage

  constructor(call: Call<unknown>, stage: Stage) {
    this.#call = call
    this.#stage = stage
  }

  granted(): void {
    this.#call.granted(this.#stage)
  }

  /** Gives the place up, where it is still held. */
  leave(): void {
    this.waitingIn?.remove(this)
  }
}
