import { invalidInput, type ListenContext } from '@casare/core'
import { end } from '../dial.ts'
import type { Driver, RedisClient } from '../redis-client.ts'
import type { RedisValue } from '../values.ts'
import { keepAlive } from './keep-alive.ts'

export interface MessagesInput {
  readonly channels: readonly string[]
  readonly patterns: readonly string[]
  readonly as: 'text' | 'bytes'
}

export interface MessageEvent {
  readonly channel: string
  readonly pattern: string | null
  readonly message: RedisValue
}

const maxWaiting = 10_000
const maxWaitingBytes = 64 * 1024 * 1024
const maxReturned = 1_000

/** Subscribes on a connection of its own (https://redis.io/docs/latest/develop/interact/pubsub/) until it is lost or stopped. */
export async function subscribeMessages(
  client: RedisClient,
  input: MessagesInput,
  context: ListenContext<MessageEvent>,
): Promise<void> {
  const { channels, patterns, as } = input
  if (channels.length + patterns.length === 0) throw invalidInput('Name at least one channel or pattern to listen to.')
  const driver = await client.dial(context.signal)
  const ended = keepAlive(driver, context)
  const inbox = new Inbox((count) => client.event('messages dropped', { count }))
  const take = (pattern: string | null) => (message: RedisValue, channel: RedisValue) =>
    inbox.push({ channel: channel.toString(), pattern, message })
  try {
    await Promise.race([ended.promise, subscribe(driver, channels, patterns, take, as === 'bytes')])
    context.ready()
    await Promise.race([ended.promise, handOver(inbox, context)])
  } finally {
    inbox.close()
    ended.stop()
    end(driver)
  }
}

async function subscribe(
  driver: Driver,
  channels: readonly string[],
  patterns: readonly string[],
  take: (pattern: string | null) => (message: RedisValue, channel: RedisValue) => void,
  bytes: boolean,
): Promise<void> {
  if (channels.length > 0) await driver.subscribe([...channels], take(null), bytes)
  for (const pattern of patterns) await driver.pSubscribe(pattern, take(pattern), bytes)
}

/** Hands messages over one by one, each when there is room. */
async function handOver(inbox: Inbox, context: ListenContext<MessageEvent>): Promise<void> {
  let number = 0
  let returned = 0
  for (;;) {
    const event = await inbox.next()
    if (event === undefined) return
    number += 1
    const id = String(number)
    const delivery = (redelivered: boolean): Parameters<typeof context.deliver>[0] => ({
      id,
      key: event.channel,
      redelivered,
      event,
      // Redis does not wait for an answer.
      ack: () => undefined,
      // Given back, it is ours alone to bring again, for as long as this subscription stands.
      nack(_error, delayMs) {
        if (returned >= maxReturned) return
        returned += 1
        setTimeout(() => {
          returned -= 1
          if (!context.signal.aborted) void context.deliver(delivery(true))
        }, delayMs).unref()
      },
    })
    await context.deliver(delivery(false))
  }
}

/** Messages that wait for the handler, at most 10,000 and 64 MiB: the server does not wait for us. */
class Inbox {
  readonly #waiting: MessageEvent[] = []
  readonly #dropped: (count: number) => void
  #wake: (() => void) | undefined
  #closed = false
  #missed = 0
  #bytes = 0

  constructor(dropped: (count: number) => void) {
    this.#dropped = dropped
  }

  push(event: MessageEvent): void {
    if (this.#waiting.length >= maxWaiting || this.#bytes >= maxWaitingBytes) {
      this.#missed += 1
      return
    }
    this.#bytes += event.message.length
    this.#waiting.push(event)
    this.#wake?.()
  }

  async next(): Promise<MessageEvent | undefined> {
    while (this.#waiting.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    if (this.#missed > 0) {
      this.#dropped(this.#missed)
      this.#missed = 0
    }
    if (this.#closed) return undefined
    const event = this.#waiting.shift()
    this.#bytes -= event?.message.length ?? 0
    return event
  }

  close(): void {
    this.#closed = true
    this.#wake?.()
  }
}
