import { ConnectorError } from '@casare/core'

/** Lets one transaction at a time in, in the order of asking. */
export class TransactionLock {
  readonly #waitMs: number
  readonly #queue: (() => void)[] = []
  held = false

  /** @param waitMs the longest wait, in milliseconds. */
  constructor(waitMs: number) {
    this.#waitMs = waitMs
  }

  /**
   * @returns a function that lets the next one in.
   * @throws `unavailable`, `applied: 'no'`, after the longest wait; the signal's reason where it aborts first.
   */
  async acquire(signal: AbortSignal): Promise<() => void> {
    if (this.held) await this.#wait(signal)
    this.held = true
    let released = false
    return () => {
      if (released) return
      released = true
      const next = this.#queue.shift()
      // The lock goes from hand to hand: nobody gets in between.
      if (next === undefined) this.held = false
      else next()
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', aborted)
        const place = this.#queue.indexOf(proceed)
        if (place >= 0) this.#queue.splice(place, 1)
        act()
      }
      const proceed = settle(resolve)
      const aborted = settle(() => reject(signal.reason as Error))
      const timer = setTimeout(
        settle(() => reject(waitedTooLong(this.#waitMs))),
        this.#waitMs,
      )
      signal.addEventListener('abort', aborted, { once: true })
      this.#queue.push(proceed)
    })
  }
}

function waitedTooLong(waitMs: number): ConnectorError {
  return new ConnectorError({
    code: 'unavailable',
    applied: 'no',
    transient: true,
    message: `Another transaction of this connection was not over after ${waitMs} ms (busyTimeoutMs).`,
  })
}
