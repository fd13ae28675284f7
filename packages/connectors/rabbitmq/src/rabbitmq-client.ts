import { ConnectorError, type OpenContext } from '@casare/core'
import type { Channel } from 'amqplib'
import { RetryQueues } from './consuming/retry-queues.ts'
import { Publishers } from './publishing/publishers.ts'
import { Requests } from './publishing/requests.ts'
import { Topology } from './topology.ts'
import { ChannelPool } from './wire/channel-pool.ts'
import type { Wire } from './wire/dial.ts'
import { Link } from './wire/link.ts'

/** What a client is made of. */
export interface ClientOptions {
  readonly dial: (purpose: string, signal: AbortSignal) => Promise<Wire>
  readonly event: OpenContext['event']
  readonly timeouts: OpenContext['timeouts']
  readonly maxChannels: number
}

/**
 * The client of a connection: one connection of the driver for commands and consumers, and one for publishing, which the
 * broker may hold up (https://www.rabbitmq.com/docs/connection-blocked). Both are made again when they are needed.
 */
export class RabbitmqClient {
  /** The connection of commands and consumers. */
  readonly link: Link
  readonly topology: Topology
  readonly publishers: Publishers
  readonly requests: Requests
  readonly retryQueues: RetryQueues
  readonly timeouts: OpenContext['timeouts']
  readonly event: OpenContext['event']
  /** The large message that is on its way. */
  large: Promise<void> | undefined
  readonly #publishing: Link
  readonly #commands: ChannelPool
  readonly #stalled = new Map<object, string>()

  constructor({ dial, event, timeouts, maxChannels }: ClientOptions) {
    this.timeouts = timeouts
    this.event = event
    this.topology = new Topology(event)
    this.link = new Link({
      purpose: 'commands',
      dial: (signal) => dial('commands', signal),
      event,
      onReconnect: (model) => this.topology.restore(model),
    })
    this.#publishing = new Link({ purpose: 'publishing', dial: (signal) => dial('publishing', signal), event })
    this.#commands = new ChannelPool(this.link, { max: maxChannels, limitMs: timeouts.readMs })
    this.publishers = new Publishers(this.#publishing, this.#commands)
    this.requests = new Requests(this.#publishing, this.#commands)
    this.retryQueues = new RetryQueues(this)
  }

  /**
   * Runs calls of the driver on a channel that nobody else uses meanwhile
   * (https://amqp-node.github.io/amqplib/channel_api.html#channel).
   * @param what is said to the broker, for messages
   */
  command<T>(what: string, signal: AbortSignal, work: (channel: Channel) => Promise<T>): Promise<T> {
    return this.#commands.run(what, signal, work)
  }

  /** Notes why a consumer makes no progress, or that it does again. */
  stalled(consumer: object, reason: string | undefined): void {
    if (reason === undefined) this.#stalled.delete(consumer)
    else this.#stalled.set(consumer, reason)
  }

  /** @throws `unavailable` where a consumer is stalled. */
  assertConsuming(): void {
    for (const reason of this.#stalled.values()) throw new ConnectorError({ code: 'unavailable', message: reason })
  }

  async close(): Promise<void> {
    await Promise.all([this.link.close(), this.#publishing.close()])
  }
}
