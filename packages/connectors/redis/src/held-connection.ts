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

/** A session's own connection; where it is lost, so is the session. */
export class HeldConnection implements RedisClient {
  readonly memory = new WeakMap<object, unknown>()
  readonly #parent: RedisClient
  readonly #driver: Driver

  constructor(parent: RedisClient, driver: Driver) {
    this.#parent = parent
    this.#driver = driver
  }

  send(command: readonly Argument[], replies: ReplyOptions = textReplies): Promise<unknown> {
    return sendOn(this.#driver, command, replies)
  }

  sendAll(commands: readonly (readonly Argument[])[], replies: ReplyOptions = textReplies): Promise<Outcome[]> {
    return sendAllOn(this.#driver, commands, replies)
  }

  dial(signal: AbortSignal, key?: Argument): Promise<Driver> {
    return this.#parent.dial(signal, key)
  }

  hold<Result>(_signal: AbortSignal, work: (held: RedisClient) => Promise<Result>): Promise<Result> {
    return work(this)
  }

  event(name: string, detail: Readonly<Record<string, unknown>>): void {
    this.#parent.event(name, detail)
  }
}
