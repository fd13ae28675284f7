import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue'
import { ConnectorError, type ListenContext } from '@casare/core'
import { setTimeout as pause } from 'node:timers/promises'
import { decodeMessage } from '../message-codec.ts'
import type { Format, Message } from '../message.ts'
import { HeldMessage } from './held-message.ts'

/** What a consumer is told. */
export interface ConsumerSettings {
  readonly format: Format
  readonly visibilitySeconds: number
  readonly pollMs: number
  readonly maxDequeues: number
  readonly keyAttribute: string | undefined
}

/** The most messages of one request. */
const maxReceived = 32
const firstPauseMs = 50

/** Asks for messages and hands them over. */
export class Consumer {
  readonly #queue: QueueClient
  readonly #poison: QueueClient
  readonly #settings: ConsumerSettings
  readonly #context: ListenContext<Message>
  readonly #held = new Set<HeldMessage>()
  #released = Promise.withResolvers<void>()

  constructor(queue: QueueClient, poison: QueueClient, settings: ConsumerSettings, context: ListenContext<Message>) {
    this.#queue = queue
    this.#poison = poison
    this.#settings = settings
    this.#context = context
  }

  /** Runs until the signal aborts, and until what was begun is answered; throws where receiving fails. */
  async run(): Promise<void> {
    try {
      await this.#receive()
    } catch (error) {
      if (!this.#context.signal.aborted) throw error
    } finally {
      // What was handed over is answered first: after a stop it is given back, after a failure it is still handled.
      while (this.#held.size > 0) await this.#released.promise
    }
  }

  async #receive(): Promise<void> {
    const { signal, concurrency } = this.#context
    const { visibilitySeconds, pollMs } = this.#settings
    const most = maxReceived + concurrency
    let pauseMs = firstPauseMs
    while (!signal.aborted) {
      const room = Math.min(maxReceived, most - this.#held.size)
      // Many are asked for at once: a request costs as much for one.
      if (room < maxReceived / 2) {
        await this.#released.promise
        continue
      }
      const { receivedMessageItems } = await this.#queue.receiveMessages({
        numberOfMessages: room,
        visibilityTimeout: visibilitySeconds,
        abortSignal: signal,
      })
      this.#context.alive()
      for (const item of receivedMessageItems) this.#take(item)
      if (receivedMessageItems.length > 0) pauseMs = firstPauseMs
      else {
        await pause(pauseMs, undefined, { signal })
        pauseMs = Math.min(2 * pauseMs, pollMs)
      }
    }
  }

  #take(item: DequeuedMessageItem): void {
    const held = new HeldMessage(this.#queue, item, this.#settings.visibilitySeconds)
    this.#held.add(held)
    void this.#handle(held)
  }

  async #handle(held: HeldMessage): Promise<void> {
    const { signal } = this.#context
    const { keyAttribute, maxDequeues, visibilitySeconds } = this.#settings
    let event: Message
    try {
      if (held.item.dequeueCount > maxDequeues)
        throw new ConnectorError({ code: 'internal', message: `Received ${held.item.dequeueCount} times.` })
      event = toMessage(held.item, this.#settings.format)
    } catch {
      // What nobody can read is put aside; where that fails, it comes again.
      await this.#settle(held, () => this.#putAside(held)).catch(() => held.giveBack(visibilitySeconds))
      return
    }
    const value = keyAttribute === undefined ? undefined : event.attributes[keyAttribute]
    await this.#context.deliver({
      id: event.messageId,
      ...(typeof value === 'string' || typeof value === 'number' ? { key: String(value) } : {}),
      redelivered: event.dequeueCount > 1,
      event,
      // Deleted while the next one is handled; where that fails for good, it comes again.
      ack: () => void this.#settle(held, () => held.delete()).catch(() => undefined),
      nack: (_error, delayMs) => this.#settle(held, () => held.giveBack(Math.ceil(delayMs / 1_000))),
      deadLetter: () => this.#settle(held, () => this.#putAside(held)),
    })
    // Stopped before its turn came: it goes to the next listener at once.
    if (signal.aborted) await this.#settle(held, () => held.giveBack(0)).catch(() => undefined)
  }

  async #putAside(held: HeldMessage): Promise<void> {
    await this.#poison.createIfNotExists()
    await this.#poison.sendMessage(held.item.messageText, { messageTimeToLive: -1 })
    await held.delete()
  }

  async #settle(held: HeldMessage, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } finally {
      this.#held.delete(held)
      this.#released.resolve()
      this.#released = Promise.withResolvers<void>()
    }
  }
}

function toMessage(item: DequeuedMessageItem, format: Format): Message {
  return {
    ...decodeMessage(item.messageText, format),
    messageId: item.messageId,
    insertedAt: item.insertedOn.toISOString(),
    expiresAt: item.expiresOn.toISOString(),
    dequeueCount: item.dequeueCount,
  }
}
