/** Something that wants to know of an abort. */
export interface AbortFollower {
  callerAborted(reason: unknown): void
}

const ownController = Symbol('controller')

/** A signal that keeps its controller alive as long as itself. A WeakMap would cost the collector ten times as much. */
type FollowingSignal = AbortSignal & { [ownController]?: AbortController }

interface Followers {
  readonly calls: Set<AbortFollower>
  /** Signals of operations that have ended, whose bodies may still be read; as long as someone holds them. */
  bodies: WeakRef<FollowingSignal>[]
  pruneAt: number
}

const fewBodies = 64

/**
 * Hands a caller's abort on to its calls. One listener per signal for however many calls share it, since adding and
 * removing one costs time in proportion to those there are, and `AbortSignal.any` costs ten times a whole call.
 */
export class AbortHub {
  readonly #followers = new WeakMap<AbortSignal, Followers>()
  readonly #onAbort = (event: Event): void => this.#aborted(event.target as AbortSignal)

  follow(signal: AbortSignal, call: AbortFollower): void {
    let followers = this.#followers.get(signal)
    if (followers === undefined) {
      followers = { calls: new Set(), bodies: [], pruneAt: fewBodies }
      this.#followers.set(signal, followers)
    }
    // A listener that is there already is not added twice.
    if (followers.calls.size === 0) signal.addEventListener('abort', this.#onAbort)
    followers.calls.add(call)
  }

  /**
   * The call has ended. With `controller` its operation succeeded and read its signal: that goes on following the caller,
   * so that a body that is still being read ends with the caller's abort.
   */
  unfollow(signal: AbortSignal, call: AbortFollower, controller: AbortController | undefined): void {
    const followers = this.#followers.get(signal)
    if (followers === undefined || !followers.calls.delete(call)) return
    if (controller !== undefined) this.#keep(followers, controller)
    if (followers.calls.size === 0 && followers.bodies.length === 0) signal.removeEventListener('abort', this.#onAbort)
  }

  #keep(followers: Followers, controller: AbortController): void {
    const signal: FollowingSignal = controller.signal
    signal[ownController] = controller
    followers.bodies.push(new WeakRef(signal))
    if (followers.bodies.length < followers.pruneAt) return
    followers.bodies = followers.bodies.filter((body) => body.deref() !== undefined)
    followers.pruneAt = Math.max(fewBodies, 2 * followers.bodies.length)
  }

  #aborted(signal: AbortSignal): void {
    const followers = this.#followers.get(signal)
    if (followers === undefined) return
    this.#followers.delete(signal)
    for (const call of followers.calls) call.callerAborted(signal.reason)
    for (const body of followers.bodies) body.deref()?.[ownController]?.abort(signal.reason)
  }
}
