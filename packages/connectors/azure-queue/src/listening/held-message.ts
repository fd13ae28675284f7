import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue'
import { setTimeout as pause } from 'node:timers/promises'
import { toError } from '../errors.ts'

const answerAttempts = 3
const answerPauseMs = 200

/** A message that was received and not answered yet: hidden from others for as long as that takes. */
export class HeldMessage {
  readonly item: DequeuedMessageItem
  readonly #queue: QueueClient
  readonly #timer: NodeJS.Timeout
  /** Each change gives a new receipt, so that one has to wait for the other. */
  #receipt: string
  #last: Promise<unknown> = Promise.resolve()

  constructor(queue: QueueClient, item: DequeuedMessageItem, visibilitySeconds: number) {
    this.item = item
    this.#queue = queue
    this.#receipt = item.popReceipt
    // What cannot be prolonged is seen by others, and handled twice: at least once is what we promise.
    this.#timer = setInterval(() => void this.#hide(visibilitySeconds).catch(() => undefined), visibilitySeconds * 500)
  }

  /** Deletes it. */
  async delete(): Promise<void> {
    clearInterval(this.#timer)
    await this.#insist(() => this.#queue.deleteMessage(this.item.messageId, this.#receipt))
  }

  /** Lets it be seen again after a time. */
  async giveBack(seconds: number): Promise<void> {
    clearInterval(this.#timer)
    await this.#insist(() => this.#hideNow(seconds))
  }

  #hide(seconds: number): Promise<unknown> {
    return this.#next(() => this.#hideNow(seconds))
  }

  async #hideNow(seconds: number): Promise<void> {
    const { popReceipt } = await this.#queue.updateMessage(this.item.messageId, this.#receipt, undefined, seconds)
    if (popReceipt !== undefined) this.#receipt = popReceipt
  }

  /** Tries again where the answer tells that it may help. */
  #insist(work: () => Promise<unknown>): Promise<unknown> {
    return this.#next(async () => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await work()
        } catch (error) {
          if (attempt === answerAttempts || toError(error)?.transient !== true) throw error
          await pause(attempt * answerPauseMs)
        }
      }
    })
  }

  #next(work: () => Promise<unknown>): Promise<unknown> {
    const next = this.#last.then(work)
    this.#last = next.catch(() => undefined)
    return next
  }
}
