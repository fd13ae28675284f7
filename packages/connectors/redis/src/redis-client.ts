import type { RedisClientType } from '@redis/client'
import type { Argument } from './values.ts'

/** The vendor's client. */
export type Driver = RedisClientType

/** How replies arrive: maps as flat lists, and blobs as text or bytes. */
export interface ReplyOptions {
  readonly typeMapping: Readonly<Record<number, unknown>>
}

/** Types of RESP3 by their first bytes (https://redis.io/docs/latest/develop/reference/protocol-spec/). */
const respType = { blob: 36, map: 37, number: 58, verbatim: 61 } as const

export const textReplies: ReplyOptions = Object.freeze({
  typeMapping: Object.freeze({ [respType.map]: Array, [respType.verbatim]: String }),
})
export const byteReplies: ReplyOptions = Object.freeze({
  typeMapping: Object.freeze({ [respType.map]: Array, [respType.blob]: Buffer, [respType.verbatim]: Buffer }),
})
/** Integers as digits: the driver's numbers end at 2^53. */
export const digitReplies: ReplyOptions = Object.freeze({
  typeMapping: Object.freeze({ [respType.map]: Array, [respType.number]: String }),
})

export function repliesAs(as: 'text' | 'bytes'): ReplyOptions {
  return as === 'bytes' ? byteReplies : textReplies
}

/** What operations and streams work on: the connection that all calls share, or one that a session holds. */
export interface RedisClient {
  /** Sends one command. */
  send(command: readonly Argument[], replies?: ReplyOptions): Promise<unknown>
  /** Sends commands one right after the other; answers each with its reply, or with the error as it was thrown. */
  sendAll(commands: readonly (readonly Argument[])[], replies?: ReplyOptions): Promise<Outcome[]>
  /** Opens a connection of its own, for what blocks or holds a state. The caller destroys it. @param key what it is for: in a cluster its node is dialled */
  dial(signal: AbortSignal, key?: Argument): Promise<Driver>
  /** Runs work on a connection that nobody else uses: a new one, or the session's own. */
  hold<Result>(signal: AbortSignal, work: (held: RedisClient) => Promise<Result>): Promise<Result>
  /** Tells of something that an operator should know. */
  event(name: string, detail: Readonly<Record<string, unknown>>): void
  /** What listeners remember through their reconnects, by their inputs. */
  readonly memory: WeakMap<object, unknown>
}

/** What became of one command of several. */
export type Outcome = { readonly reply: unknown } | { readonly error: unknown }

/** Sends commands of one connection back to back, so that nothing of this process comes between them. */
export function sendAllOn(
  driver: Driver,
  commands: readonly (readonly Argument[])[],
  replies: ReplyOptions,
): Promise<Outcome[]> {
  return Promise.all(
    commands.map((command) =>
      sendOn(driver, command, replies).then(
        (reply) => ({ reply }),
        (error: unknown) => ({ error }),
      ),
    ),
  )
}

/** Sends a command; the driver's types know the commands it has, not those to come. */
export function sendOn(driver: Driver, command: readonly Argument[], replies: ReplyOptions): Promise<unknown> {
  return driver.sendCommand(command, replies)
}
