import { ConnectorError } from '@casare/core'
import type { Message, Options } from 'amqplib'
import { publishBatch } from '../publishing/publish-batch.ts'
import type { RabbitmqClient } from '../rabbitmq-client.ts'
import { ownHeaders, redeliveriesOf, retryHeaders } from '../retry-headers.ts'

/** The delays there are queues for, in milliseconds: one delay per queue, else a long one would hold up the short ones behind it. */
const delaysMs = [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000] as const
/** A retry queue that nobody has used for this long beyond its delay is removed by the broker. */
const unusedMs = 300_000
const declareAgainMs = 60_000
const sendMs = 10_000
const maxKnown = 10_000

/**
 * Queues in which messages wait until they are delivered again
 * (https://www.rabbitmq.com/docs/ttl, https://www.rabbitmq.com/docs/dlx), and queues for those that are put aside.
 */
export class RetryQueues {
  readonly #client: RabbitmqClient
  readonly #declaredAt = new Map<string, number>()

  constructor(client: RabbitmqClient) {
    this.#client = client
  }

  /** Puts a copy of a message where it comes back to the queue from, after about `delayMs`. */
  async later(queue: string, message: Message, delayMs: number): Promise<void> {
    const delay = delaysMs.find((one) => one >= delayMs) ?? delaysMs[delaysMs.length - 1] ?? delayMs
    const name = nameFor(queue, `.retry.${delay}`)
    await this.#declare(name, {
      durable: true,
      messageTtl: delay,
      expires: delay + unusedMs,
      deadLetterExchange: '',
      deadLetterRoutingKey: queue,
    })
    await this.#send(name, message, {
      [retryHeaders.redeliveries]: redeliveriesOf(message.properties.headers) + 1,
    })
  }

  /** Puts a copy of a message into the queue of dead letters. */
  async aside(deadLetterQueue: string, queue: string, message: Message, reason: string): Promise<void> {
    await this.#declare(deadLetterQueue, { durable: true })
    await this.#send(deadLetterQueue, message, {
      [retryHeaders.redeliveries]: redeliveriesOf(message.properties.headers),
      [retryHeaders.reason]: reason.slice(0, 1_000),
      [retryHeaders.queue]: queue,
    })
  }

  /** Before each use, but not more often than is needed: a retry queue expires. */
  async #declare(name: string, options: Options.AssertQueue): Promise<void> {
    const declaredAt = this.#declaredAt.get(name)
    if (declaredAt !== undefined && performance.now() - declaredAt < declareAgainMs) return
    const signal = AbortSignal.timeout(sendMs)
    try {
      await this.#client.command('declaring a queue', signal, (channel) => channel.assertQueue(name, options))
    } catch (error) {
      // There with other properties: somebody has made it as he wants it.
      if ((error as { code?: unknown }).code !== 406) throw error
    }
    if (this.#declaredAt.size >= maxKnown) this.#declaredAt.clear()
    this.#declaredAt.set(name, performance.now())
  }

  async #send(name: string, { content, fields, properties }: Message, headers: object): Promise<void> {
    const { timeouts, publishers } = this.#client
    const before = (properties.headers ?? {}) as Record<string, unknown>
    const { CC: _copies, BCC: _blindCopies, ...own } = ownHeaders(before)
    const options = {
      ...properties,
      // The broker accepts no user but our own, and a message that has expired once is not to expire again.
      userId: undefined,
      expiration: undefined,
      headers: {
        ...own,
        [retryHeaders.exchange]: before[retryHeaders.exchange] ?? fields.exchange,
        [retryHeaders.routingKey]: before[retryHeaders.routingKey] ?? fields.routingKey,
        ...headers,
      },
      mandatory: true,
    } as unknown as Options.Publish
    const signal = AbortSignal.timeout(sendMs)
    const limits = { signal, readMs: timeouts.readMs, writeMs: timeouts.writeMs, unsafe: false }
    const publisher = await publishers.get('', 'retries', limits)
    const [failure] = await publishBatch(
      publisher,
      [{ index: 0, outgoing: { routingKey: name, content, options } }],
      limits,
    )
    if (failure === undefined) return
    if (ConnectorError.is(failure.error, 'not_found')) this.#declaredAt.delete(name)
    throw failure.error
  }
}

/** The name of a queue that belongs to another, within the 255 bytes that a name may have. */
export function nameFor(queue: string, ending: string): string {
  const name = `${queue}${ending}`
  return Buffer.byteLength(name) <= 255
    ? name
    : `casare.${process.getBuiltinModule('node:crypto').createHash('sha256').update(queue).digest('base64url')}${ending}`
}
