import { ConnectorError } from '@casare/core'
import type { Channel, Message } from 'amqplib'
import { factsFor, notApplied } from '../errors.ts'
import { abortable, silent } from '../wire/abortable.ts'
import type { ChannelPool } from '../wire/channel-pool.ts'
import type { Link } from '../wire/link.ts'
import type { Outgoing } from './to-outgoing.ts'

/** The queue that hands answers straight to the channel that has asked (https://www.rabbitmq.com/docs/direct-reply-to). */
const replyTo = 'amq.rabbitmq.reply-to'

/** Where a request goes, and how long it may take. */
export interface RequestTarget {
  readonly exchange: string
  readonly signal: AbortSignal
  /** Milliseconds for the answer. */
  readonly waitMs: number
  /** Milliseconds to open what is needed for the request. */
  readonly openMs: number
}

/** Questions that wait for their answers, on one channel. */
export class Requests {
  readonly #link: Link
  readonly #commands: ChannelPool
  #opening: Promise<RequestChannel> | undefined

  constructor(link: Link, commands: ChannelPool) {
    this.#link = link
    this.#commands = commands
  }

  /**
   * Sends a message and waits for the answer to it.
   * @throws `not_found` with `applied: 'no'` where no queue takes it; `timeout` where nobody answers in time.
   */
  async send({ exchange, signal, waitMs, openMs }: RequestTarget, outgoing: Outgoing): Promise<Message> {
    let channel: RequestChannel
    try {
      channel = await abortable(this.#channel(), { signal, limitMs: openMs, late: () => silent('a channel', openMs) })
      // A missing exchange would end the channel, and with it everybody's requests.
      if (exchange !== '' && !channel.exchanges.has(exchange)) {
        await this.#commands.run('checking the exchange', signal, (one) => one.checkExchange(exchange))
        channel.exchanges.add(exchange)
      }
    } catch (error) {
      throw signal.aborted ? error : notApplied(error)
    }
    const id = crypto.randomUUID()
    try {
      return await abortable(channel.send(id, exchange, outgoing), {
        signal,
        limitMs: waitMs,
        late: () => new ConnectorError({ code: 'timeout', message: `RabbitMQ: no answer within ${waitMs} ms.` }),
      })
    } finally {
      channel.forget(id)
    }
  }

  async #channel(): Promise<RequestChannel> {
    this.#opening ??= this.#open()
    const opening = this.#opening
    try {
      return await opening
    } catch (error) {
      if (this.#opening === opening) this.#opening = undefined
      throw error
    }
  }

  async #open(): Promise<RequestChannel> {
    const model = await this.#link.connection()
    const channel = await model.createChannel()
    const requests = new RequestChannel(channel)
    channel.on('close', () => (this.#opening = undefined))
    await channel.consume(replyTo, (message) => requests.answered(message), { noAck: true })
    return requests
  }
}

interface Waiting {
  resolve(message: Message): void
  reject(error: unknown): void
}

class RequestChannel {
  readonly exchanges = new Set<string>()
  readonly #channel: Channel
  readonly #waiting = new Map<string, Waiting>()

  constructor(channel: Channel) {
    this.#channel = channel
    let reason: Error | undefined
    channel.on('return', (message: Message) => this.#returned(message))
    channel.on('error', (error: Error) => (reason = error))
    channel.on('close', () => this.#failAll(reason ?? new Error('Channel ended, no reply will be forthcoming')))
  }

  send(id: string, exchange: string, { routingKey, content, options }: Outgoing): Promise<Message> {
    return new Promise((resolve, reject) => {
      this.#channel.publish(exchange, routingKey, content, { ...options, correlationId: id, replyTo })
      this.#waiting.set(id, { resolve, reject })
    })
  }

  forget(id: string): void {
    this.#waiting.delete(id)
  }

  answered(message: Message | null): void {
    if (message !== null) this.#waiting.get(String(message.properties.correlationId))?.resolve(message)
  }

  #returned({ fields, properties }: Message): void {
    const error = new ConnectorError({
      code: 'not_found',
      vendorCode: '312',
      message: `RabbitMQ: no queue takes requests with the routing key "${fields.routingKey}".`,
    })
    this.#waiting.get(String(properties.correlationId))?.reject(error)
  }

  #failAll(reason: Error): void {
    const error = new ConnectorError({ ...factsFor(reason), applied: 'maybe' })
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}
