import type { Channel } from 'amqplib'
import { notApplied } from '../errors.ts'
import { abortable, silent, type Patience } from './abortable.ts'
import type { Link } from './link.ts'

/**
 * Channels for commands. Each command has one to itself, because the broker closes the channel of a command that it
 * refuses, and with it whatever else is under way there (https://www.rabbitmq.com/docs/channels#error-handling).
 */
export class ChannelPool {
  readonly #link: Link
  readonly #max: number
  readonly #limitMs: number
  readonly #idle: Channel[] = []
  readonly #waiting: (() => void)[] = []
  readonly #dead = new WeakSet<Channel>()
  #used = 0

  constructor(link: Link, options: { readonly max: number; readonly limitMs: number }) {
    this.#link = link
    this.#max = options.max
    this.#limitMs = options.limitMs
  }

  /** Runs one command on a channel of its own. */
  async run<T>(what: string, signal: AbortSignal, work: (channel: Channel) => Promise<T>): Promise<T> {
    const patience = { signal, limitMs: this.#limitMs, late: () => silent(what, this.#limitMs) }
    await this.#turn(patience)
    let channel: Channel | undefined
    let settled = false
    try {
      channel = await this.#take(patience)
      const result = await abortable(work(channel), patience)
      settled = true
      return result
    } finally {
      this.#release(channel, settled)
    }
  }

  async #turn(patience: Patience): Promise<void> {
    patience.signal.throwIfAborted()
    if (this.#used < this.#max) {
      this.#used += 1
      return
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push(resolve)
    try {
      await abortable(promise, patience)
    } catch (error) {
      const index = this.#waiting.indexOf(resolve)
      if (index >= 0) this.#waiting.splice(index, 1)
      else this.#next()
      throw patience.signal.aborted ? error : notApplied(error)
    }
  }

  async #take(patience: Patience): Promise<Channel> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop())
      if (!this.#dead.has(idle)) return idle
    try {
      const model = await abortable(this.#link.connection(), patience)
      const opening = model.createChannel()
      // Given up on in the meantime: nobody else would close it.
      opening.then(
        (channel) => patience.signal.aborted && this.#discard(channel),
        () => undefined,
      )
      const channel = await abortable(opening, patience)
      channel.on('error', () => this.#dead.add(channel))
      channel.on('close', () => this.#dead.add(channel))
      return channel
    } catch (error) {
      throw patience.signal.aborted ? error : notApplied(error)
    }
  }

  #release(channel: Channel | undefined, settled: boolean): void {
    if (channel !== undefined && !this.#dead.has(channel)) {
      if (settled) this.#idle.push(channel)
      else this.#discard(channel)
    }
    this.#next()
  }

  /** Hands the turn to who has waited longest. */
  #next(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#used -= 1
    else next()
  }

  #discard(channel: Channel): void {
    channel.on('error', () => undefined)
    try {
      channel.close().catch(() => undefined)
    } catch {
      // It is closed.
    }
  }
}
