import type { Message as Received } from '@aws-sdk/client-sqs'
import { ConnectorError, type ListenContext } from '@casare/core'
import { fetchPayload, isForGood } from '../claim-check/fetch-payload.ts'
import type { Pointer } from '../claim-check/pointer.ts'
import type { ListenClaimCheck } from '../claim-check/settings.ts'
import type { Decode, Message } from '../message.ts'
import { maxBatchEntries, type SqsClient } from '../sqs-client.ts'
import type { PutAside } from './dead-letters.ts'
import { HeldMessages } from './held-messages.ts'
import { receiveCountOf, toMessage } from './to-message.ts'

const removeMs = 10_000

/** What a consumer is told. */
export interface ConsumerSettings {
  readonly url: string
  readonly decode: Decode
  readonly receivers: number
  readonly visibilitySeconds: number
  readonly waitSeconds: number
  readonly maxReceives: number
  readonly keyAttribute: string | undefined
  readonly putAside: PutAside | undefined
  readonly claimCheck: ListenClaimCheck | undefined
}

/** What became of a message that was given to the handler. */
type Outcome = 'done' | 'again'

/** Receives messages and hands them over; those of one group one after the other, and none after one that comes again. */
export class Consumer {
  readonly #client: SqsClient
  readonly #settings: ConsumerSettings
  readonly #context: ListenContext<Message>
  readonly #held: HeldMessages
  readonly #removals = new Set<Promise<void>>()
  readonly #most: number

  constructor(client: SqsClient, settings: ConsumerSettings, context: ListenContext<Message>) {
    this.#client = client
    this.#settings = settings
    this.#context = context
    this.#held = new HeldMessages(client.answers(settings.url), settings.visibilitySeconds)
    this.#most = maxBatchEntries + 2 * context.concurrency
  }

  /** Runs until the signal aborts, and until what was begun is answered; throws where receiving fails. */
  async run(): Promise<void> {
    const { signal } = this.#context
    const failed = new AbortController()
    const both = AbortSignal.any([signal, failed.signal])
    this.#context.ready()
    const receivers = Array.from({ length: this.#settings.receivers }, () => this.#receive(both))
    try {
      await Promise.all(receivers)
    } finally {
      failed.abort()
      await Promise.allSettled(receivers)
      // What was handed over is answered first: after a stop it is given back, after a failure it is still handled.
      await this.#held.fewerThan(1, undefined)
      await Promise.all(this.#removals)
    }
  }

  async #receive(signal: AbortSignal): Promise<void> {
    const { ReceiveMessageCommand } = await import('@aws-sdk/client-sqs')
    const { url, visibilitySeconds, waitSeconds } = this.#settings
    for (;;) {
      // Whole batches are asked for: they cost as much as single messages.
      await this.#held.fewerThan(this.#most - maxBatchEntries + 1, signal)
      if (signal.aborted) return
      const command = new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: maxBatchEntries,
        WaitTimeSeconds: waitSeconds,
        VisibilityTimeout: visibilitySeconds,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      })
      let received: readonly Received[]
      try {
        received = (await this.#client.sdk.send(command, { abortSignal: signal })).Messages ?? []
      } catch (error) {
        if (signal.aborted) return
        throw error
      }
      this.#context.alive()
      for (const { ReceiptHandle = '' } of received) this.#held.add(ReceiptHandle)
      for (const group of inGroups(received)) void this.#handleGroup(group)
    }
  }

  async #handleGroup(group: readonly Received[]): Promise<void> {
    for (const [index, received] of group.entries()) {
      const again = (await this.#handle(received)) === 'again'
      if (!again && !this.#context.signal.aborted) continue
      await Promise.all(group.slice(index + 1).map((one) => this.#quietly(one, 0)))
      return
    }
  }

  async #handle(received: Received): Promise<Outcome> {
    const { decode, keyAttribute, maxReceives, putAside, claimCheck } = this.#settings
    const { signal } = this.#context
    const receiveCount = receiveCountOf(received)
    let event: Message
    let pointer: Pointer | undefined
    try {
      if (putAside !== undefined && receiveCount > maxReceives)
        throw new ConnectorError({ code: 'internal', message: `Received ${receiveCount} times.` })
      const fetched =
        claimCheck === undefined ? { received } : await fetchPayload(this.#client, received, claimCheck, signal)
      event = toMessage(fetched.received, decode)
      if (claimCheck?.deleteAfterAck === true && 'pointer' in fetched) pointer = fetched.pointer
    } catch (error) {
      return isForGood(error) ? this.#unreadable(received) : this.#comesAgain(received)
    }
    const { promise: outcome, resolve } = Promise.withResolvers<Outcome>()
    const settle = (result: Outcome, work: () => Promise<void>) => async (): Promise<void> => {
      try {
        await work()
      } finally {
        resolve(result)
      }
    }
    const key = event.groupId ?? keyOf(event, keyAttribute)
    const handle = received.ReceiptHandle ?? ''
    await this.#context.deliver({
      id: event.messageId,
      ...(key === undefined ? {} : { key }),
      redelivered: receiveCount > 1,
      event,
      // Deleted in batches while the next one is handled; where that fails for good, it comes again.
      ack: () => void settle('done', () => this.#done(received, pointer))(),
      nack: (_error, delayMs) => settle('again', () => this.#held.answer(handle, Math.ceil(delayMs / 1_000)))(),
      ...(putAside === undefined ? {} : { deadLetter: settle('done', () => this.#putAside(received, putAside)) }),
    })
    // Stopped before its turn came: it goes to the next listener at once.
    if (signal.aborted) {
      await this.#quietly(received, 0)
      return 'again'
    }
    // Others of no group do not wait for it.
    return event.groupId === undefined ? 'done' : outcome
  }

  /** Deletes the payload behind its message: one whose message could not be deleted is needed again. */
  async #done(received: Received, pointer: Pointer | undefined): Promise<void> {
    if (pointer === undefined) return this.#quietly(received, undefined)
    const removed = this.#held
      .answer(received.ReceiptHandle ?? '', undefined)
      .then(async () => (await this.#client.payloads()).remove(pointer, AbortSignal.timeout(removeMs)))
      .catch(() => undefined)
    this.#removals.add(removed)
    await removed
    this.#removals.delete(removed)
  }

  /** Its payload cannot be fetched now. */
  async #comesAgain(received: Received): Promise<Outcome> {
    await this.#quietly(received, this.#context.signal.aborted ? 0 : this.#settings.visibilitySeconds)
    return 'again'
  }

  /** What nobody can read is put aside, or left for the queue's own redrive policy. */
  async #unreadable(received: Received): Promise<Outcome> {
    const { putAside, visibilitySeconds } = this.#settings
    if (putAside === undefined) {
      await this.#quietly(received, visibilitySeconds)
      return 'again'
    }
    try {
      await this.#putAside(received, putAside)
      return 'done'
    } catch {
      await this.#quietly(received, visibilitySeconds)
      return 'again'
    }
  }

  async #putAside(received: Received, putAside: PutAside): Promise<void> {
    await putAside(received)
    await this.#held.answer(received.ReceiptHandle ?? '', undefined)
  }

  /** Deletes a message or gives it back; where that is lost, it comes again when its visibility timeout is over. */
  async #quietly({ ReceiptHandle = '' }: Received, hiddenSeconds: number | undefined): Promise<void> {
    await this.#held.answer(ReceiptHandle, hiddenSeconds).catch(() => undefined)
  }
}

/** Messages of one group together, the others each alone, in the order in which they came. */
function inGroups(received: readonly Received[]): Received[][] {
  const groups = new Map<string, Received[]>()
  for (const [index, message] of received.entries()) {
    const group = message.Attributes?.MessageGroupId
    const name = group === undefined ? `alone ${index}` : `group ${group}`
    const found = groups.get(name)
    if (found === undefined) groups.set(name, [message])
    else found.push(message)
  }
  return [...groups.values()]
}

function keyOf({ attributes }: Message, name: string | undefined): string | undefined {
  const value = name === undefined ? undefined : attributes[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}
