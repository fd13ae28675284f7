import { ConnectorError, type OpenContext } from '@casare/core'
import type { ChannelModel } from 'amqplib'
import { notApplied } from '../errors.ts'
import type { Wire } from './dial.ts'

const closeMs = 2_000

/** What a link is made of. */
export interface LinkOptions {
  /** What it is for, in events: `commands` or `publishing`. */
  readonly purpose: string
  readonly dial: (signal: AbortSignal) => Promise<Wire>
  readonly event: OpenContext['event']
  /** Called on each connection after the first, before it is used. */
  readonly onReconnect?: ((model: ChannelModel) => Promise<void>) | undefined
}

/** One connection to the broker, made again when it is needed after it was lost. */
export class Link {
  readonly #options: LinkOptions
  readonly #closing = new AbortController()
  readonly #unblocked: (() => void)[] = []
  #wire: Wire | undefined
  #opening: Promise<ChannelModel> | undefined
  #connections = 0
  #blockedBy: string | undefined

  constructor(options: LinkOptions) {
    this.#options = options
  }

  /** Why the broker takes no messages at the moment; `undefined` where it does (https://www.rabbitmq.com/docs/alarms). */
  get blockedBy(): string | undefined {
    return this.#blockedBy
  }

  /** The connection; connects where there is none, once for all who wait. */
  connection(): Promise<ChannelModel> {
    if (this.#wire !== undefined) return Promise.resolve(this.#wire.model)
    if (this.#closing.signal.aborted) return Promise.reject(closed)
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  /** Resolves when the broker takes messages again, or the connection is lost. */
  async untilUnblocked(): Promise<void> {
    if (this.#blockedBy === undefined) return
    await new Promise<void>((resolve) => {
      this.#unblocked.push(resolve)
    })
  }

  async close(): Promise<void> {
    this.#closing.abort(closed)
    await this.#opening?.catch(() => undefined)
    const wire = this.#wire
    if (wire === undefined) return
    // The driver never answers where the connection is lost meanwhile.
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, closeMs)
    wire.model.on('close', resolve)
    try {
      await Promise.race([wire.model.close().catch(() => undefined), late])
    } finally {
      clearTimeout(timer)
      wire.destroy()
    }
  }

  async #open(): Promise<ChannelModel> {
    const { dial, event, purpose, onReconnect } = this.#options
    const wire = await dial(this.#closing.signal)
    const { model } = wire
    let lost: Error | undefined
    model.on('close', (error?: Error) => {
      lost = error ?? new Error('Connection closed')
      if (this.#wire === wire) this.#wire = undefined
      this.#unblock()
      if (!this.#closing.signal.aborted) event('connection_lost', { purpose, reason: error?.message ?? 'closed' })
    })
    model.on('blocked', (reason: string) => {
      this.#blockedBy = reason
      event('blocked', { purpose, reason })
    })
    model.on('unblocked', () => {
      this.#unblock()
      event('unblocked', { purpose })
    })
    this.#connections += 1
    if (this.#connections > 1) {
      event('reconnected', { purpose, connections: this.#connections })
      await onReconnect?.(model)
    }
    if (lost !== undefined) throw notApplied(lost)
    this.#wire = wire
    return model
  }

  #unblock(): void {
    this.#blockedBy = undefined
    for (const resolve of this.#unblocked.splice(0)) resolve()
  }
}

const closed = new ConnectorError({ code: 'cancelled', applied: 'no', message: 'RabbitMQ: the connection is closed.' })
