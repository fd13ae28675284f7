import type { Batcher } from '../batcher.ts'
import { setTimeout } from 'node:timers/promises'
import { toError } from '../errors.ts'
import type { Receipt } from '../sqs-client.ts'

const answerAttempts = 3
const answerPauseMs = 200

/** Messages that were received and not answered yet: hidden from others for as long as that takes. */
export class HeldMessages {
  readonly #answers: Batcher<Receipt>
  readonly #visibilitySeconds: number
  readonly #held = new Map<string, 'handled' | 'answered'>()
  readonly #waiting = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined

  constructor(answers: Batcher<Receipt>, visibilitySeconds: number) {
    this.#answers = answers
    this.#visibilitySeconds = visibilitySeconds
  }

  get size(): number {
    return this.#held.size
  }

  add(handle: string): void {
    this.#held.set(handle, 'handled')
    this.#timer ??= setInterval(() => this.#extend(), this.#visibilitySeconds * 500)
  }

  /** Deletes a message, or lets it be seen again after a time; tries again where the answer tells that it may help. */
  async answer(handle: string, hiddenSeconds: number | undefined): Promise<void> {
    this.#held.set(handle, 'answered')
    try {
      for (let attempt = 1; ; attempt += 1) {
        const failure = await this.#answers.add({ handle, hiddenSeconds })
        if (failure === undefined) return
        if (attempt === answerAttempts || toError(failure)?.transient !== true) throw failure as Error
        await setTimeout(attempt * answerPauseMs)
      }
    } finally {
      this.#release(handle)
    }
  }

  /** Resolves when fewer than so many are held, or the signal aborts. */
  async fewerThan(count: number, signal: AbortSignal | undefined): Promise<void> {
    while (this.#held.size >= count && signal?.aborted !== true)
      await new Promise<void>((resolve) => {
        const done = (): void => {
          this.#waiting.delete(done)
          signal?.removeEventListener('abort', done)
          resolve()
        }
        this.#waiting.add(done)
        signal?.addEventListener('abort', done, { once: true })
      })
  }

  #release(handle: string): void {
    this.#held.delete(handle)
    if (this.#held.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
    }
    for (const done of this.#waiting) done()
  }

  /** What cannot be extended is seen by others, and handled twice: at least once is what we promise. */
  #extend(): void {
    for (const [handle, state] of this.#held)
      if (state === 'handled') void this.#answers.add({ handle, hiddenSeconds: this.#visibilitySeconds })
  }
}
