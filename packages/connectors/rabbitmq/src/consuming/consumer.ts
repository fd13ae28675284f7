import { ConnectorError, isError, type ListenContext, type PendingDelivery } from '@casare/core'
import type { Channel, ConsumeMessage } from 'amqplib'
import type { Message } from '../message.ts'
import type { RabbitmqClient } from '../rabbitmq-client.ts'
import { redeliveriesOf } from '../retry-headers.ts'
import { toMessage } from '../to-message.ts'
import { abortable, silent } from '../wire/abortable.ts'
import type { ConsumeInput } from './consume-input.ts'
import { nameFor } from './retry-queues.ts'
import { StallWatch } from './stall-watch.ts'

/** How long a message is held that could not be put aside, before the broker may deliver it again. */
const holdMs = 30_000

/** One consumer on one channel: from the subscription until its last message has its answer. */
export class Consumer {
  readonly #client: RabbitmqClient
  readonly #input: ConsumeInput
  readonly #context: ListenContext<Message>
  readonly #channel: Channel
  readonly #failed = Promise.withResolvers<never>()
  /** Messages that wait for a handler. */
  readonly #waiting = new Set<ConsumeMessage>()
  readonly #held = new Set<NodeJS.Timeout>()
  readonly #watch: StallWatch
  #unanswered = 0
  #ending = false
  #closed = false

  constructor(client: RabbitmqClient, input: ConsumeInput, context: ListenContext<Message>, channel: Channel) {
    this.#client = client
    this.#input = input
    this.#context = context
    this.#channel = channel
    this.#watch = new StallWatch(
      client,
      input,
      () => this.#unanswered,
      (error) => this.#failed.reject(error),
    )
    this.#failed.promise.catch(() => undefined)
    let reason: unknown
    channel.on('error', (error: Error) => (reason = error))
    channel.on('close', () => {
      this.#closed = true
      this.#release()
      this.#failed.reject(reason ?? new Error('Channel ended, no reply will be forthcoming'))
    })
  }

  /** Consumes until the signal aborts; then what waits goes back to the queue, and what is handled may still be answered. */
  async run(): Promise<void> {
    const { signal } = this.#context
    const { readMs } = this.#client.timeouts
    const patience = { signal, limitMs: readMs, late: () => silent('consuming', readMs) }
    const prefetch = this.#input.prefetch ?? Math.min(65_535, this.#context.concurrency * 2)
    let tag: string | undefined
    try {
      await abortable(this.#channel.prefetch(prefetch), patience)
      const consuming = this.#channel.consume(this.#input.queue, (message) => this.#arrived(message))
      ;({ consumerTag: tag } = await abortable(consuming, patience))
      this.#context.ready()
      this.#watch.start()
      await this.#untilAborted(signal)
    } finally {
      this.#end(tag)
    }
  }

  async #untilAborted(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (signal.aborted) return
    signal.addEventListener('abort', () => resolve(), { once: true })
    await Promise.race([promise, this.#failed.promise])
  }

  #arrived(raw: ConsumeMessage | null): void {
    if (raw === null) {
      const message = `RabbitMQ: the broker has cancelled the consumer of "${this.#input.queue}"; was the queue deleted?`
      this.#failed.reject(new ConnectorError({ code: 'unavailable', message }))
      return
    }
    this.#unanswered += 1
    this.#watch.progress()
    if (this.#ending) return this.#requeue(raw)
    let event: Message
    try {
      event = toMessage(raw, this.#input.decode)
    } catch (error) {
      this.#client.event('message_undecodable', { queue: this.#input.queue, reason: (error as Error).message })
      this.#aside(raw, error).catch(() => undefined)
      return
    }
    this.#waiting.add(raw)
    const taken = this.#context.deliver(this.#delivery(raw, event))
    void taken.then(() => this.#waiting.delete(raw))
  }

  #delivery(raw: ConsumeMessage, event: Message): PendingDelivery<Message> {
    const { keyHeader } = this.#input
    const key = keyHeader === undefined ? undefined : event.headers[keyHeader]
    return {
      id: event.messageId ?? `${raw.fields.consumerTag}/${raw.fields.deliveryTag}`,
      key: typeof key === 'string' || typeof key === 'number' ? String(key) : undefined,
      redelivered: event.redelivered,
      event,
      ack: () => this.#ack(raw),
      nack: (error, delayMs) => this.#giveBack(raw, error, delayMs),
      deadLetter: (error) => this.#aside(raw, error),
    }
  }

  /** @throws where the channel is closed: the broker delivers the message again. */
  #ack(raw: ConsumeMessage): void {
    this.#channel.ack(raw)
    this.#answered()
  }

  #requeue(raw: ConsumeMessage): void {
    if (this.#closed) return
    this.#channel.nack(raw, false, true)
    this.#answered()
  }

  async #giveBack(raw: ConsumeMessage, error: unknown, delayMs: number): Promise<void> {
    if (redeliveriesOf(raw.properties.headers) >= this.#input.maxRedeliveries) return this.#aside(raw, error)
    if (!this.#input.retryQueues) return this.#hold(raw, delayMs)
    this.#assertOpen()
    try {
      await this.#client.retryQueues.later(this.#input.queue, raw, delayMs)
    } catch (failure) {
      this.#client.event('retry_queue_failed', { queue: this.#input.queue, reason: textOf(failure) })
      return this.#hold(raw, delayMs)
    }
    this.#ack(raw)
  }

  async #aside(raw: ConsumeMessage, error: unknown): Promise<void> {
    const { queue, deadLetter, deadLetterQueue = nameFor(queue, '.dead') } = this.#input
    if (deadLetter === 'broker') {
      this.#channel.nack(raw, false, false)
      return this.#answered()
    }
    this.#assertOpen()
    try {
      await this.#client.retryQueues.aside(deadLetterQueue, queue, raw, reasonOf(error))
    } catch (failure) {
      this.#client.event('dead_letter_failed', { queue, deadLetterQueue, reason: textOf(failure) })
      this.#hold(raw, holdMs)
      throw failure
    }
    this.#ack(raw)
  }

  /** Keeps a message here for a while, then gives it back. */
  #hold(raw: ConsumeMessage, delayMs: number): void {
    if (this.#ending) return this.#requeue(raw)
    const timer = setTimeout(() => {
      this.#held.delete(timer)
      this.#requeue(raw)
    }, delayMs)
    this.#held.add(timer)
    this.#releases.set(timer, raw)
  }

  readonly #releases = new WeakMap<NodeJS.Timeout, ConsumeMessage>()

  #release(): void {
    for (const timer of this.#held) {
      clearTimeout(timer)
      const raw = this.#releases.get(timer)
      if (raw !== undefined) this.#requeue(raw)
    }
    this.#held.clear()
  }

  #answered(): void {
    this.#unanswered -= 1
    this.#watch.progress()
    if (this.#ending && this.#unanswered === 0) this.#close()
  }

  #end(tag: string | undefined): void {
    this.#ending = true
    this.#watch.stop()
    if (this.#closed) return
    if (tag !== undefined) this.#channel.cancel(tag).catch(() => undefined)
    this.#release()
    for (const raw of this.#waiting) this.#requeue(raw)
    this.#waiting.clear()
    if (this.#unanswered === 0) this.#close()
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    try {
      this.#channel.close().catch(() => undefined)
    } catch {
      // The connection is closed.
    }
  }

  #assertOpen(): void {
    if (this.#closed)
      throw new ConnectorError({
        code: 'unavailable',
        applied: 'no',
        message: 'RabbitMQ: the connection that brought the message is lost; it is delivered again.',
      })
  }
}

function textOf(error: unknown): string {
  return isError(error) ? error.message : String(error)
}

/** What an operator reads on a dead letter; only errors of ours have had their secrets taken out. */
function reasonOf(error: unknown): string {
  return ConnectorError.is(error) ? `${error.code}: ${error.message}` : 'the handler failed'
}
