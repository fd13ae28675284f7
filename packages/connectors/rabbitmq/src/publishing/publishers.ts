import { ConnectorError } from '@casare/core'
import { notApplied } from '../errors.ts'
import { abortable, silent, type Patience } from '../wire/abortable.ts'
import type { ChannelPool } from '../wire/channel-pool.ts'
import type { Link } from '../wire/link.ts'
import { Publisher } from './publisher.ts'

const maxPublishers = 100

/** Limits of waiting for a publisher, in milliseconds. */
export interface PublisherLimits {
  readonly signal: AbortSignal
  readonly readMs: number
  readonly writeMs: number
}

/** One publisher per exchange, opened when it is needed, and apart from it one for messages that go alone. */
export class Publishers {
  readonly #link: Link
  readonly #commands: ChannelPool
  readonly #open = new Map<string, Promise<Publisher>>()
  readonly #ready = new Map<string, Publisher>()

  constructor(link: Link, commands: ChannelPool) {
    this.#link = link
    this.#commands = commands
  }

  /**
   * The publisher of an exchange.
   * @param lane a name that keeps messages apart from others to the same exchange.
   * @throws with `applied: 'no'`: `not_found` where there is no such exchange.
   */
  async get(exchange: string, lane: string, limits: PublisherLimits): Promise<Publisher> {
    await this.#untilTaken(limits)
    const name = `${lane}:${exchange}`
    const patience: Patience = {
      signal: limits.signal,
      limitMs: limits.readMs,
      late: () => silent('opening a channel', limits.readMs),
    }
    let opening = this.#open.get(name)
    if (opening === undefined) {
      opening = this.#create(name, exchange)
      this.#open.set(name, opening)
      opening.catch(() => this.#forget(name, opening))
    }
    try {
      return await abortable(opening, patience)
    } catch (error) {
      throw limits.signal.aborted ? error : notApplied(error)
    }
  }

  async #create(name: string, exchange: string): Promise<Publisher> {
    this.#makeRoom()
    // A missing exchange would be known only by the end of the channel, and of what else is on its way there.
    if (exchange !== '')
      await this.#commands.run('checking the exchange', neverAborted(), (channel) => channel.checkExchange(exchange))
    const model = await this.#link.connection()
    const channel = await model.createConfirmChannel()
    const publisher = new Publisher(channel, exchange)
    this.#ready.set(name, publisher)
    channel.on('close', () => {
      if (this.#ready.get(name) !== publisher) return
      this.#ready.delete(name)
      this.#open.delete(name)
    })
    return publisher
  }

  async #untilTaken({ signal, writeMs }: PublisherLimits): Promise<void> {
    const { blockedBy } = this.#link
    if (blockedBy === undefined) return
    await abortable(this.#link.untilUnblocked(), {
      signal,
      limitMs: writeMs,
      late: () =>
        new ConnectorError({
          code: 'unavailable',
          applied: 'no',
          overload: true,
          message: `RabbitMQ: the broker takes no messages (${blockedBy}), for ${writeMs} ms.`,
        }),
    })
  }

  /** Closes a publisher that has nothing on its way, the oldest first. */
  #makeRoom(): void {
    if (this.#ready.size < maxPublishers) return
    for (const [name, publisher] of this.#ready) {
      if (publisher.unconfirmed > 0) continue
      this.#ready.delete(name)
      this.#open.delete(name)
      publisher.close()
      return
    }
  }

  #forget(name: string, opening: Promise<Publisher> | undefined): void {
    if (this.#open.get(name) === opening) this.#open.delete(name)
  }
}

function neverAborted(): AbortSignal {
  return new AbortController().signal
}
