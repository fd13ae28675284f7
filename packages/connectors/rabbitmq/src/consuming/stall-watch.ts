import { ConnectorError } from '@casare/core'
import type { RabbitmqClient } from '../rabbitmq-client.ts'
import type { ConsumeInput } from './consume-input.ts'

/**
 * Notices a consumer that makes no progress: its handlers hold what they have, or the broker gives it nothing although
 * there is something. The first is an event, and makes the check fail until it moves on; the second ends the subscription,
 * which is then made again.
 */
export class StallWatch {
  readonly #client: RabbitmqClient
  readonly #input: ConsumeInput
  readonly #unanswered: () => number
  readonly #fail: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined
  #movedAt = performance.now()
  #stalled = false

  constructor(client: RabbitmqClient, input: ConsumeInput, unanswered: () => number, fail: (error: unknown) => void) {
    this.#client = client
    this.#input = input
    this.#unanswered = unanswered
    this.#fail = fail
  }

  start(): void {
    this.#movedAt = performance.now()
    this.#timer = setInterval(() => void this.#look(), this.#input.stallMs / 4)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#client.stalled(this, undefined)
  }

  /** A message has come or was answered. */
  progress(): void {
    this.#movedAt = performance.now()
    if (!this.#stalled) return
    this.#stalled = false
    this.#client.stalled(this, undefined)
    this.#client.event('consumer_resumed', { queue: this.#input.queue })
  }

  async #look(): Promise<void> {
    const { queue, stallMs } = this.#input
    const silentMs = Math.round(performance.now() - this.#movedAt)
    if (this.#stalled || silentMs < stallMs) return
    const unanswered = this.#unanswered()
    if (unanswered > 0) {
      this.#stalled = true
      this.#client.event('consumer_stalled', { queue, silentMs, unanswered })
      this.#client.stalled(
        this,
        `RabbitMQ: the consumer of "${queue}" is stalled: ${unanswered} messages wait for their answer, none was answered for ${silentMs} ms.`,
      )
      return
    }
    this.#movedAt = performance.now()
    const found = await this.#client
      .command('checking the queue', AbortSignal.timeout(stallMs), (channel) => channel.checkQueue(queue))
      .catch(() => undefined)
    // Something may have come while we asked.
    if (found === undefined || found.messageCount === 0 || this.#unanswered() > 0) return
    this.#client.event('consumer_stalled', { queue, silentMs, ready: found.messageCount })
    const message = `RabbitMQ: "${queue}" holds ${found.messageCount} messages, and the broker has delivered none for ${silentMs} ms.`
    this.#fail(new ConnectorError({ code: 'unavailable', message }))
  }
}
