import { ConnectorError, factsOf, invalidInput, type WriteFailure } from '@casare/core'
import type { Message } from 'amqplib'
import { factsFor } from '../errors.ts'
import { abortable } from '../wire/abortable.ts'
import type { Publisher, Unconfirmed } from './publisher.ts'
import type { Outgoing } from './to-outgoing.ts'

/** How long to wait, and what an unknown outcome is called. */
export interface BatchLimits {
  readonly signal: AbortSignal
  /** The longest wait for room to send, in milliseconds. */
  readonly writeMs: number
  /** The longest wait for a confirmation, in milliseconds. */
  readonly readMs: number
  /** Whether sending it again would be another message. */
  readonly unsafe: boolean
}

/** A message with its place among the records of the write. */
export interface Placed {
  readonly index: number
  readonly outgoing: Outgoing
}

/**
 * Publishes messages and answers for each, when the broker has taken or refused all of them.
 * @throws the signal's reason.
 */
export async function publishBatch(
  publisher: Publisher,
  messages: readonly Placed[],
  limits: BatchLimits,
): Promise<WriteFailure[]> {
  const batch = new Batch(publisher, messages, limits)
  publisher.join(batch)
  try {
    await batch.send()
    return batch.failures
  } finally {
    publisher.leave(batch)
  }
}

const unsent = 0
const sent = 1
const returned = 2
const settled = 3

class Batch implements Unconfirmed {
  readonly failures: WriteFailure[] = []
  readonly #publisher: Publisher
  readonly #messages: readonly Placed[]
  readonly #limits: BatchLimits
  readonly #states: Uint8Array
  readonly #done = Promise.withResolvers<void>()
  #onTheirWay = 0
  #allSent = false

  constructor(publisher: Publisher, messages: readonly Placed[], limits: BatchLimits) {
    this.#publisher = publisher
    this.#messages = messages
    this.#limits = limits
    this.#states = new Uint8Array(messages.length)
  }

  async send(): Promise<void> {
    for (let place = 0; place < this.#messages.length; place += 1) {
      if (!this.#publisher.hasRoom && !this.#publisher.closed && !(await this.#untilRoom())) {
        this.#failUnsent(place, late('no room to send', this.#limits.writeMs))
        break
      }
      if (this.#publisher.closed) {
        this.#failUnsent(place, lostBefore(this.#publisher.reason))
        break
      }
      this.#sendOne(place)
    }
    this.#allSent = true
    if (this.#onTheirWay === 0) return
    await this.#untilConfirmed()
  }

  returned(message: Message): boolean {
    const { messageId } = message.properties as { messageId?: unknown }
    const { routingKey } = message.fields
    const place = this.#messages.findIndex(
      ({ outgoing }, at) =>
        this.#states[at] === sent && outgoing.options.messageId === messageId && outgoing.routingKey === routingKey,
    )
    if (place < 0) return false
    this.#states[place] = returned
    return true
  }

  #sendOne(place: number): void {
    const { index, outgoing } = this.#messages[place] as Placed
    try {
      this.#publisher.publish(outgoing, (error) => this.#settle(place, error))
    } catch (error) {
      // The driver refuses a message that it cannot encode before it sends any of it.
      this.#states[place] = settled
      const refused = error instanceof Error && error.name !== 'IllegalOperationError'
      this.failures.push({
        index,
        error: refused ? invalidInput(`RabbitMQ: ${error.message}`, error) : lostBefore(error),
      })
      return
    }
    this.#states[place] = sent
    this.#onTheirWay += 1
  }

  #settle(place: number, error: Error | null): void {
    const state = this.#states[place]
    if (state === settled) return
    this.#states[place] = settled
    const { index, outgoing } = this.#messages[place] as Placed
    if (state === returned) this.failures.push({ index, error: noRoute(outgoing.routingKey) })
    else if (error !== null) this.failures.push({ index, error: this.#unconfirmed(error) })
    this.#onTheirWay -= 1
    if (this.#onTheirWay === 0 && this.#allSent) this.#done.resolve()
  }

  /** What is known of a message that the broker did not confirm. */
  #unconfirmed(error: Error): ConnectorError {
    if (error.message === 'message nacked') return this.#doubtful({ code: 'unavailable', message: nacked })
    const { reason } = this.#publisher
    if (reason === undefined) return this.#doubtful(factsFor(error))
    const facts = factsFor(reason)
    // Alone on its channel, it is the one that the broker refused.
    if (this.#publisher.unconfirmed === 0 && this.#messages.length === 1) return new ConnectorError(facts)
    return this.#doubtful({ ...facts, message: `${facts.message} Another message may have been to blame.` })
  }

  #doubtful(facts: ReturnType<typeof factsFor>): ConnectorError {
    return new ConnectorError(
      this.#limits.unsafe
        ? { ...facts, code: 'outcome_unknown', applied: 'maybe', transient: false, message: `${facts.message} ${look}` }
        : { ...facts, applied: 'maybe', transient: true },
    )
  }

  async #untilRoom(): Promise<boolean> {
    const { signal, writeMs } = this.#limits
    return abortable(
      this.#publisher.room().then(() => true),
      { signal, limitMs: writeMs, late: () => late('no room to send', writeMs) },
    ).catch((error: unknown) => {
      if (signal.aborted) throw error
      return false
    })
  }

  async #untilConfirmed(): Promise<void> {
    const { signal, readMs } = this.#limits
    const missing = late('no confirmation', readMs)
    try {
      await abortable(this.#done.promise, { signal, limitMs: readMs, late: () => missing })
    } catch (error) {
      // Confirmations that come later mean nothing to anybody: start afresh.
      this.#publisher.close()
      if (error !== missing) throw error
      for (const [place, { index }] of this.#messages.entries())
        if (this.#states[place] === sent) {
          this.#states[place] = settled
          this.failures.push({ index, error: this.#doubtful({ ...factsOf(missing) }) })
        }
    }
  }

  #failUnsent(from: number, error: ConnectorError): void {
    for (let place = from; place < this.#messages.length; place += 1) {
      if (this.#states[place] !== unsent) continue
      this.#states[place] = settled
      this.failures.push({ index: (this.#messages[place] as Placed).index, error })
    }
  }
}

const nacked = 'RabbitMQ: the broker did not take the message; the queue may be full (reject-publish), or failed.'
const look = 'Nobody can tell whether it is in a queue; look before you send it again.'

function noRoute(routingKey: string): ConnectorError {
  return new ConnectorError({
    code: 'not_found',
    vendorCode: '312',
    message: `RabbitMQ: no queue takes messages with the routing key "${routingKey}"; is the queue declared and bound?`,
  })
}

function late(what: string, limitMs: number): ConnectorError {
  return new ConnectorError({ code: 'timeout', applied: 'no', message: `RabbitMQ: ${what} within ${limitMs} ms.` })
}

/** The channel was gone before the message was sent. */
function lostBefore(reason: unknown): ConnectorError {
  const facts = reason === undefined ? undefined : factsFor(reason)
  return new ConnectorError({
    code: 'unavailable',
    applied: 'no',
    transient: true,
    message: `${facts?.message ?? 'RabbitMQ: the channel was closed.'} This message was not sent.`,
    cause: reason,
  })
}
