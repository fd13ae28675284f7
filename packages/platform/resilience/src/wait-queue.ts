/** Something that waits for a slot; the list fields belong to the queue. */
export interface Waiter {
  /** The slot is taken in the waiter's name. */
  granted(): void
  previousWaiter: Waiter | undefined
  nextWaiter: Waiter | undefined
  waitingIn: WaitQueue | undefined
}

/** First in, first out; joining, leaving from anywhere and taking the first each cost the same at any length. */
export class WaitQueue {
  size = 0
  #first: Waiter | undefined = undefined
  #last: Waiter | undefined = undefined

  get first(): Waiter | undefined {
    return this.#first
  }

  push(waiter: Waiter): void {
    waiter.previousWaiter = this.#last
    if (this.#last === undefined) this.#first = waiter
    else this.#last.nextWaiter = waiter
    this.#last = waiter
    waiter.waitingIn = this
    this.size++
  }

  shift(): Waiter | undefined {
    const first = this.#first
    if (first !== undefined) this.remove(first)
    return first
  }

  pop(): Waiter | undefined {
    const last = this.#last
    if (last !== undefined) this.remove(last)
    return last
  }

  remove(waiter: Waiter): void {
    const { previousWaiter, nextWaiter } = waiter
    if (previousWaiter === undefined) this.#first = nextWaiter
    else previousWaiter.nextWaiter = nextWaiter
    if (nextWaiter === undefined) this.#last = previousWaiter
    else nextWaiter.previousWaiter = previousWaiter
    waiter.previousWaiter = undefined
    waiter.nextWaiter = undefined
    waiter.waitingIn = undefined
    this.size--
  }
}
