import type { ConfirmChannel, Message } from 'amqplib'
import type { Outgoing } from './to-outgoing.ts'

/** The most bytes on their way that the broker has not confirmed: beyond it, publishing waits. */
const maxUnconfirmedBytes = 16 * 1_048_576

/** What a publisher tells the batches that have messages on their way. */
export interface Unconfirmed {
  /** The broker gives one back: no queue took it. Its confirmation follows. Answers whether it was one of this batch. */
  returned(message: Message): boolean
}

/**
 * A channel with publisher confirms for one exchange (https://www.rabbitmq.com/docs/confirms#publisher-confirms). What the
 * broker refuses there closes it, and nothing else.
 */
export class Publisher {
  readonly #channel: ConfirmChannel
  readonly #exchange: string
  readonly #batches = new Set<Unconfirmed>()
  readonly #waiting: (() => void)[] = []
  #unconfirmedBytes = 0
  #unconfirmed = 0
  #full = false
  /** Why the channel was closed, where the broker said so. */
  reason: Error | undefined
  closed = false

  constructor(channel: ConfirmChannel, exchange: string) {
    this.#channel = channel
    this.#exchange = exchange
    channel.on('return', (message: Message) => {
      for (const batch of this.#batches) if (batch.returned(message)) return
    })
    channel.on('drain', () => {
      this.#full = false
      this.#wake()
    })
    channel.on('error', (error: Error) => {
      this.reason = error
    })
    channel.on('close', () => {
      this.closed = true
      this.#wake()
    })
  }

  /** Messages on their way. */
  get unconfirmed(): number {
    return this.#unconfirmed
  }

  /** May another message be sent now? */
  get hasRoom(): boolean {
    return !this.#full && this.#unconfirmedBytes < maxUnconfirmedBytes
  }

  /** Resolves when there is room, or the channel is closed. */
  room(): Promise<void> {
    if (this.closed || this.hasRoom) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  join(batch: Unconfirmed): void {
    this.#batches.add(batch)
  }

  leave(batch: Unconfirmed): void {
    this.#batches.delete(batch)
  }

  /**
   * Sends one message. `settled` is called once: with nothing when the broker has it, with an error otherwise.
   * @throws what the driver throws for a message that it cannot encode, and where the channel is closed: nothing is sent.
   */
  publish({ routingKey, content, options }: Outgoing, settled: (error: Error | null) => void): void {
    const bytes = content.length
    const room = this.#channel.publish(this.#exchange, routingKey, content, options, (error: Error | null) => {
      this.#unconfirmed -= 1
      this.#unconfirmedBytes -= bytes
      settled(error)
      if (this.#waiting.length > 0) this.#wake()
    })
    if (!room) this.#full = true
    this.#unconfirmed += 1
    this.#unconfirmedBytes += bytes
  }

  /** Closes the channel; what is on its way fails. */
  close(): void {
    if (this.closed) return
    try {
      this.#channel.close().catch(() => undefined)
    } catch {
      // The connection is closed.
    }
  }

  #wake(): void {
    if (!this.closed && !this.hasRoom) return
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
