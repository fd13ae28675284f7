import { ConnectorError } from '@casare/core'
import { end } from './dial.ts'
import { HeldConnection } from './held-connection.ts'
import {
  sendAllOn,
  sendOn,
  textReplies,
  type Driver,
  type Outcome,
  type RedisClient,
  type ReplyOptions,
} from './redis-client.ts'
import type { Argument } from './values.ts'

export interface LinkOptions {
  readonly dial: (signal: AbortSignal) => Promise<Driver>
  /** A connection that leaves a PING unanswered for this long is ended, in milliseconds. */
  readonly silenceMs: number
  readonly event: (name: string, detail: Readonly<Record<string, unknown>>) => void
}

/**
 * The client of a connection: one pipelined connection to the server that all calls share. A lost one is dialled anew by
 * the next call; what was in flight on it has failed, and the call's effect decides whether it is repeated.
 */
export class RedisLink implements RedisClient {
  readonly memory = new WeakMap<object, unknown>()
  readonly #options: LinkOptions
  readonly #closing = new AbortController()
  readonly #watch: NodeJS.Timeout
  #driver: Driver | undefined
  #dialling: Promise<Driver> | undefined
  #pinged: { readonly driver: Driver; readonly at: number } | undefined

  constructor(options: LinkOptions) {
    this.#options = options
    this.#watch = setInterval(() => this.#ping(), Math.max(10, options.silenceMs / 4))
    this.#watch.unref()
  }

  send(command: readonly Argument[], replies: ReplyOptions = textReplies): Promise<unknown> {
    const driver = this.#driver
    if (driver !== undefined) return sendOn(driver, command, replies)
    return this.connect().then((dialled) => sendOn(dialled, command, replies))
  }

  async sendAll(commands: readonly (readonly Argument[])[], replies: ReplyOptions = textReplies): Promise<Outcome[]> {
    return sendAllOn(this.#driver ?? (await this.connect()), commands, replies)
  }

  dial(signal: AbortSignal): Promise<Driver> {
    return this.#options.dial(AbortSignal.any([signal, this.#closing.signal]))
  }

  async hold<Result>(signal: AbortSignal, work: (held: RedisClient) => Promise<Result>): Promise<Result> {
    const driver = await this.dial(signal)
    const abort = (): void => end(driver)
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await work(new HeldConnection(this, driver))
    } finally {
      signal.removeEventListener('abort', abort)
      end(driver)
    }
  }

  event(name: string, detail: Readonly<Record<string, unknown>>): void {
    this.#options.event(name, detail)
  }

  /** The shared connection; single flight. */
  connect(): Promise<Driver> {
    this.#dialling ??= this.#connect().finally(() => {
      this.#dialling = undefined
    })
    return this.#dialling
  }

  close(): void {
    clearInterval(this.#watch)
    this.#closing.abort(new ConnectorError({ code: 'cancelled', applied: 'no', message: 'The connection is closed.' }))
    const driver = this.#driver
    this.#driver = undefined
    if (driver !== undefined) end(driver)
  }

  async #connect(): Promise<Driver> {
    const driver = await this.#options.dial(this.#closing.signal)
    this.#driver = driver
    driver.on('terminated', (cause: unknown) => this.#lost(driver, cause))
    driver.on('end', () => this.#lost(driver, undefined))
    if (!driver.isReady) this.#lost(driver, undefined)
    return driver
  }

  #lost(driver: Driver, cause: unknown): void {
    if (this.#driver !== driver) return
    this.#driver = undefined
    this.#options.event('disconnected', { reason: cause instanceof Error ? cause.message : 'the connection ended' })
  }

  /** Answers come in order, so an unanswered PING stands for everything before it. */
  #ping(): void {
    const driver = this.#driver
    if (driver === undefined) return
    if (this.#pinged?.driver === driver) {
      if (performance.now() - this.#pinged.at < this.#options.silenceMs) return
      this.#options.event('silent', { silentMs: Math.round(performance.now() - this.#pinged.at) })
      end(driver)
      return
    }
    const ping = { driver, at: performance.now() }
    this.#pinged = ping
    const answered = (): void => {
      if (this.#pinged === ping) this.#pinged = undefined
    }
    sendOn(driver, ['PING'], textReplies).then(answered, answered)
  }
}
