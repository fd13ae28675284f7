/** Something that wants to know of an abort. */
export interface AbortFollower {
  callerAborted(reason: unknown): void
}

/**
 * One listener per signal for however many calls share it: adding and removing listeners of an `AbortSignal` costs time
 * in proportion to the listeners that it has.
 */
export class AbortHub {
  readonly #followers = new WeakMap<AbortSignal, Set<AbortFollower>>()
  readonly #onAbort = (event: Event): void => {
    const signal = event.target as AbortSignal
    const followers = this.#followers.get(signal)
    if (followers === undefined) return
    this.#followers.delete(signal)
    for (const follower of followers) follower.callerAborted(signal.reason)
  }

  follow(signal: AbortSignal, follower: AbortFollower): void {
    let followers = this.#followers.get(signal)
    if (followers === undefined) {
      followers = new Set()
      this.#followers.set(signal, followers)
    }
    if (followers.size === 0) signal.addEventListener('abort', this.#onAbort)
    followers.add(follower)
  }

  unfollow(signal: AbortSignal, follower: AbortFollower): void {
    const followers = this.#followers.get(signal)
    if (followers?.delete(follower) === true && followers.size === 0) signal.removeEventListener('abort', this.#onAbort)
  }
}
