import { end } from '../dial.ts'
import { HeldConnection } from '../held-connection.ts'
import { textReplies, type Driver, type Outcome, type RedisClient, type ReplyOptions } from '../redis-client.ts'
import type { Argument } from '../values.ts'
import type { RedisCluster } from './redis-cluster.ts'

/** A session's own connection to a node of a cluster: the one that has the key of its first command. */
export class HeldInCluster implements RedisClient {
  readonly memory = new WeakMap<object, unknown>()
  readonly #cluster: RedisCluster
  readonly #signal: AbortSignal
  readonly #dial: (address: string) => Promise<Driver>
  #held: Promise<HeldConnection> | undefined
  #driver: Driver | undefined
  #ended = false

  constructor(cluster: RedisCluster, signal: AbortSignal, dial: (address: string) => Promise<Driver>) {
    this.#cluster = cluster
    this.#signal = signal
    this.#dial = dial
    signal.addEventListener('abort', this.end, { once: true })
  }

  async send(command: readonly Argument[], replies: ReplyOptions = textReplies): Promise<unknown> {
    return (await this.#connection([command])).send(command, replies)
  }

  async sendAll(commands: readonly (readonly Argument[])[], replies: ReplyOptions = textReplies): Promise<Outcome[]> {
    return (await this.#connection(commands)).sendAll(commands, replies)
  }

  dial(signal: AbortSignal, key?: Argument): Promise<Driver> {
    return this.#cluster.dial(signal, key)
  }

  hold<Result>(_signal: AbortSignal, work: (held: RedisClient) => Promise<Result>): Promise<Result> {
    return work(this)
  }

  event(name: string, detail: Readonly<Record<string, unknown>>): void {
    this.#cluster.event(name, detail)
  }

  readonly end = (): void => {
    this.#ended = true
    this.#signal.removeEventListener('abort', this.end)
    if (this.#driver !== undefined) end(this.#driver)
  }

  #connection(commands: readonly (readonly Argument[])[]): Promise<HeldConnection> {
    this.#held ??= this.#dial(this.#cluster.nodeFor(commands)).then((driver) => {
      this.#driver = driver
      if (this.#ended) end(driver)
      return new HeldConnection(this.#cluster, driver)
    })
    return this.#held
  }
}
