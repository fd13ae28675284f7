import type { AnyConnector, Handler, ListenOptions, Subscription, WriteResult } from '@casare/core'
import { ensure, ensureEqual, within } from '../checks/check.ts'
import type { DrivenConnection, Target } from '../subject/connector-subject.ts'
import { quickRetries } from '../subject/trial.ts'
import type { QueueMessage, QueueSubject } from './queue.ts'

const patienceMs = 20_000

/** One check's queue, with those who write to it and listen. */
export class QueueWorld<Peered extends Target> {
  readonly subject: QueueSubject<Peered>
  readonly target: Peered
  readonly #connector: AnyConnector
  readonly #endings: (() => Promise<unknown>)[] = []

  constructor(connector: AnyConnector, subject: QueueSubject<Peered>, target: Peered) {
    this.#connector = connector
    this.subject = subject
    this.target = target
  }

  connect(): DrivenConnection {
    const connection: unknown = this.#connector({ ...this.target.config, resilience: quickRetries })
    this.#endings.push(() => (connection as DrivenConnection).close())
    return connection as DrivenConnection
  }

  #stream(name: string): TypedStream {
    return (this.connect() as unknown as Record<string, TypedStream>)[name] as TypedStream
  }

  /** Listens, on a connection of its own, and is there when this resolves. */
  async listen(
    handle: (message: QueueMessage, delivery: Parameters<Handler<unknown>>[1]) => Promise<unknown> | void,
    options: ListenOptions = {},
  ): Promise<Subscription> {
    const { stream, listenInput, read } = this.subject
    const subscription = this.#stream(stream).listen(
      listenInput(this.target),
      (event, delivery) => handle(read(event), delivery),
      options,
    )
    this.#endings.push(() => subscription.stop({ drainMs: 100 }))
    await within(subscription.ready, patienceMs, 'ready')
    return subscription
  }

  /** Writes records, and answers as the connector does. */
  write(records: Iterable<unknown> | AsyncIterable<unknown>, options: object = {}): Promise<WriteResult> {
    const { stream, writeInput } = this.subject
    const written = this.#stream(stream).write(records, writeInput(this.target), options)
    return within(written, 2 * patienceMs, 'write')
  }

  /** Writes messages, all of which must be taken. */
  async send(messages: readonly QueueMessage[]): Promise<void> {
    const { succeeded, failed } = await this.write(messages.map((message) => this.subject.record(message)))
    ensureEqual([succeeded, failed.map(({ error }) => error.message)], [messages.length, []], 'written')
  }

  /** Nothing is left for anybody. */
  async emptied(): Promise<void> {
    await eventually(
      async () => (await this.subject.held(this.target)) === 0,
      async () => `${await this.subject.held(this.target)} messages are still held`,
    )
  }

  async end(): Promise<void> {
    for (const end of this.#endings.splice(0).reverse()) await within(end(), patienceMs, 'closing')
    await this.target.close?.()
  }
}

/** The typed side of the stream: bytes are bytes there. */
interface TypedStream {
  listen(input: unknown, handler: Handler<unknown>, options: ListenOptions): Subscription
  write(records: Iterable<unknown> | AsyncIterable<unknown>, input: unknown, options: object): Promise<WriteResult>
}

/** Messages with these numbers, of `keys` keys in turn. */
export function messagesOf(count: number, keys = 1, body: (number: number) => unknown = () => 'text'): QueueMessage[] {
  return Array.from({ length: count }, (_one, number) => ({ number, key: `key-${number % keys}`, body: body(number) }))
}

/** The numbers in the order of each key are the ones that were sent, none doubled. */
export function ensureOrder(seen: readonly QueueMessage[], sent: readonly QueueMessage[]): void {
  const byKey = (messages: readonly QueueMessage[]): [string, number[]][] =>
    [...Map.groupBy(messages, ({ key }) => key)]
      .map(([key, group]): [string, number[]] => [key, group.map(({ number }) => number)])
      .sort(([a], [b]) => a.localeCompare(b))
  ensureEqual(byKey(seen), byKey(sent), 'the order within each key')
}

/**
 * Waits until something holds.
 * @throws Error with the complaint, where it does not within 20 s
 */
export async function eventually(
  holds: () => Promise<boolean> | boolean,
  complaint: () => Promise<string> | string,
): Promise<void> {
  const end = performance.now() + patienceMs
  while (!(await holds())) {
    ensure(performance.now() < end, await complaint())
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
