/** The state that a policy holds for one target. */
export interface TargetState {
  /** True where forgetting the state would change nothing. */
  isIdle(now: number): boolean
}

const maxIdleKeys = 1_000

/**
 * A policy's state per target key. Beyond 1,000 keys those that are idle are forgotten, so that a caller who talks to
 * ever new hosts does not fill the memory. The empty key, that of calls which name none, is never forgotten.
 */
export class Keyed<State extends TargetState> {
  /** Grows whenever a state was forgotten, so that whoever keeps a state of this policy knows to look again. */
  generation = 0
  readonly #states = new Map<string, State>()
  readonly #create: () => State
  #nextSweepAt = maxIdleKeys

  constructor(create: () => State) {
    this.#create = create
  }

  get(key: string, now: () => number): State {
    let state = this.#states.get(key)
    if (state === undefined) {
      if (this.#states.size >= this.#nextSweepAt) this.#sweep(now())
      state = this.#create()
      this.#states.set(key, state)
    }
    return state
  }

  peek(key: string): State | undefined {
    return this.#states.get(key)
  }

  keys(): string[] {
    return [...this.#states.keys()]
  }

  #sweep(now: number): void {
    for (const [key, state] of this.#states) if (key !== '' && state.isIdle(now)) this.#states.delete(key)
    this.generation++
    // Where most are busy the next sweep waits until the number has doubled: no sweep per call.
    this.#nextSweepAt = Math.max(maxIdleKeys, this.#states.size * 2)
  }
}
