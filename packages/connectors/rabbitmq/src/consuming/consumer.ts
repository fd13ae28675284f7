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
  readonly #held = new Map<NodeJS.Timeout, ConsumeMessage>()
  readonly #watch: StallWatch
  readonly #givenBack = new WeakSet<ConsumeMessage>()
  #tag: string | undefined
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
    // Within the abort itself: what the runtime lets go of then is still known to have waited.
    const end = (): void => this.#end()
    signal.addEventListener('abort', end, { once: true })
    try {
      await abortable(this.#channel.prefetch(prefetch), patience)
      const consuming = this.#channel.consume(this.#input.queue, (message) => this.#arrived(message))
      this.#tag = (await abortable(consuming, patience)).consumerTag
      this.#context.ready()
      this.#watch.start()
      await Promise.race([aborted(signal), this.#failed.promise])
    } finally {
      signal.removeEventListener('abort', end)
      this.#end()
    }
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
    this.#assertOurs(raw)
    this.#channel.ack(raw)
    this.#answered()
  }

  #requeue(raw: ConsumeMessage): void {
    if (this.#closed || this.#givenBack.has(raw)) return
    this.#givenBack.add(raw)
    this.#channel.nack(raw, false, true)
    this.#answered()
  }

  async #giveBack(raw: ConsumeMessage, error: unknown, delayMs: number): Promise<void> {
    if (redeliveriesOf(raw.properties.headers) >= this.#input.maxRedeliveries) return this.#aside(raw, error)
    if (!this.#input.retryQueues) return this.#hold(raw, delayMs)
    this.#assertOurs(raw)
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
    this.#assertOurs(raw)
    if (deadLetter === 'broker') {
      this.#channel.nack(raw, false, false)
      return this.#answered()
    }
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
    this.#held.set(timer, raw)
  }

  #release(): void {
    for (const [timer, raw] of this.#held) {
      clearTimeout(timer)
      this.#requeue(raw)
    }
    this.#held.clear()
  }

  #answered(): void {
    this.#unanswered -= 1
    this.#watch.progress()
    if (this.#ending && this.#unanswered === 0) this.#close()
  }

  #end(): void {
    if (this.#ending) return
    this.#ending = true
    this.#watch.stop()
    if (this.#closed) return
    if (this.#tag !== undefined) this.#channel.cancel(this.#tag).catch(() => undefined)
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

  /** @throws where the broker has the message again: an answer to it would end the channel. */
  #assertOurs(raw: ConsumeMessage): void {
    if (this.#closed || this.#givenBack.has(raw))
      throw new ConnectorError({
        code: 'unavailable',
        applied: 'no',
        message:
          'RabbitMQ: the message went back to its queue, with the connection or the subscription; it is delivered again.',
      })
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function textOf(error: unknown): string {
  return isError(error) ? error.message : String(error)
}

/** What an operator reads on a dead letter; only errors of ours have had their secrets taken out. */
function reasonOf(error: unknown): string {
  return ConnectorError.is(error) ? `${error.code}: ${error.message}` : 'the handler failed'
}
