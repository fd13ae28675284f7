import { isError, type ListenContext, type PendingDelivery } from '@casare/core'
import { randomUUID } from 'node:crypto'
import { end } from '../dial.ts'
import { toEntry, type Entry } from '../entry.ts'
import { repliesAs, sendOn, textReplies, type Driver, type RedisClient } from '../redis-client.ts'
import type { Argument, RedisValue } from '../values.ts'
import { keepAlive } from './keep-alive.ts'
import { Unanswered } from './unanswered.ts'

export interface EntriesInput {
  readonly stream: string
  readonly group: string
  readonly consumer?: string | undefined
  readonly from: 'beginning' | 'end'
  readonly claimIdleMs: number
  readonly deadLetter?: string | undefined
  readonly as: 'text' | 'bytes'
}

const blockMs = 500
const claimCount = 100

/** What a subscription remembers through its reconnects; one per parsed input, which is one per subscription. */
const memories = (client: RedisClient): WeakMap<object, Unanswered> => client.memory as WeakMap<object, Unanswered>

/**
 * Reads a stream as a consumer of a group (https://redis.io/docs/latest/commands/xreadgroup/) on a connection of its own.
 * Answers go over the connection that all calls share, so that they survive the loss of this one.
 */
export async function subscribeEntries(
  client: RedisClient,
  input: EntriesInput,
  context: ListenContext<Entry>,
): Promise<void> {
  let unanswered = memories(client).get(input)
  if (unanswered === undefined) {
    unanswered = new Unanswered(input.consumer ?? `casare-${randomUUID()}`)
    memories(client).set(input, unanswered)
  }
  const driver = await client.dial(context.signal)
  const ended = keepAlive(driver, context)
  try {
    await Promise.race([ended.promise, new EntryReader(client, driver, input, context, unanswered).run()])
  } catch (error) {
    if (!context.signal.aborted) throw error
  } finally {
    ended.stop()
    end(driver)
  }
}

class EntryReader {
  readonly #client: RedisClient
  readonly #driver: Driver
  readonly #input: EntriesInput
  readonly #context: ListenContext<Entry>
  readonly #unanswered: Unanswered

  constructor(
    client: RedisClient,
    driver: Driver,
    input: EntriesInput,
    context: ListenContext<Entry>,
    unanswered: Unanswered,
  ) {
    this.#client = client
    this.#driver = driver
    this.#input = input
    this.#context = context
    this.#unanswered = unanswered
  }

  async run(): Promise<void> {
    const { signal } = this.#context
    await this.#createGroup()
    this.#context.ready()
    await this.#readOwn()
    let claimAt = 0
    while (!signal.aborted) {
      await this.#deliverDue()
      if (performance.now() >= claimAt) {
        await this.#claim()
        claimAt = performance.now() + this.#input.claimIdleMs / 2
      }
      if (this.#unanswered.isFull) await this.#pause()
      else await this.#readNew()
    }
  }

  async #createGroup(): Promise<void> {
    const { stream, group, from } = this.#input
    try {
      await this.#send(['XGROUP', 'CREATE', stream, group, from === 'beginning' ? '0' : '$', 'MKSTREAM'])
    } catch (error) {
      if (!isError(error) || !error.message.startsWith('BUSYGROUP')) throw error
    }
  }

  /** Entries that the server gave to this consumer and that never got here, or were here before a restart. */
  async #readOwn(): Promise<void> {
    const { stream, group, as } = this.#input
    for (let after = '0'; ;) {
      const command = ['XREADGROUP', 'GROUP', group, this.#unanswered.consumer, 'COUNT', String(claimCount)]
      const reply = await this.#send([...command, 'STREAMS', stream, after], as)
      const entries = entriesOf(reply)
      for (const entry of entries) await this.#deliver(entry, true)
      const last = entries.at(-1)
      if (last === undefined) return
      after = last.id
    }
  }

  async #readNew(): Promise<void> {
    const { stream, group, as } = this.#input
    const command = ['XREADGROUP', 'GROUP', group, this.#unanswered.consumer]
    // No more than can be handled at once: what is fetched and not handled nobody else may have.
    command.push('COUNT', String(this.#context.concurrency), 'BLOCK', String(this.#unanswered.waitMs(blockMs)))
    const reply = await this.#send([...command, 'STREAMS', stream, '>'], as)
    this.#context.alive()
    for (const entry of entriesOf(reply)) await this.#deliver(entry, false)
  }

  /** What others left unanswered for too long (https://redis.io/docs/latest/commands/xautoclaim/). */
  async #claim(): Promise<void> {
    const { stream, group, claimIdleMs, as } = this.#input
    for (let start = '0-0'; ;) {
      const command = ['XAUTOCLAIM', stream, group, this.#unanswered.consumer, String(claimIdleMs), start]
      const reply = (await this.#send([...command, 'COUNT', String(claimCount)], as)) as [RedisValue, never[]]
      for (const entry of listOf(reply[1])) await this.#deliver(entry, true)
      start = reply[0].toString()
      if (start === '0-0') return
    }
  }

  /** What the handler gave back and whose time has come. */
  async #deliverDue(): Promise<void> {
    const ids = this.#unanswered.takeDue()
    if (ids.length === 0) return
    const { stream, group, as } = this.#input
    const command = ['XCLAIM', stream, group, this.#unanswered.consumer, '0', ...ids]
    for (const entry of listOf((await this.#send(command, as)) as never[])) await this.#deliver(entry, true)
  }

  async #deliver(entry: Entry, redelivered: boolean): Promise<void> {
    if (!this.#unanswered.begin(entry.id)) return
    await this.#context.deliver(this.#pending(entry, redelivered))
  }

  #pending(entry: Entry, redelivered: boolean): PendingDelivery<Entry> {
    const { stream, group, deadLetter } = this.#input
    const answer = async (commands: readonly (readonly Argument[])[]): Promise<void> => {
      try {
        const outcomes = await this.#client.sendAll(commands)
        for (const outcome of outcomes) if ('error' in outcome) throw outcome.error
        this.#unanswered.forget(entry.id)
      } catch (error) {
        // Neither answered nor forgotten: it is brought again.
        this.#unanswered.giveBack(entry.id, 1_000)
        throw error
      }
    }
    const acknowledge = ['XACK', stream, group, entry.id]
    const delivery: PendingDelivery<Entry> = {
      id: entry.id,
      redelivered,
      event: entry,
      ack: () => answer([acknowledge]),
      nack: (_error, delayMs) => this.#unanswered.giveBack(entry.id, delayMs),
    }
    if (deadLetter === undefined) return delivery
    return {
      ...delivery,
      deadLetter: (error) =>
        answer([['MULTI'], ['XADD', deadLetter, '*', ...deadFields(entry, stream, error)], acknowledge, ['EXEC']]),
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#unanswered.waitMs(blockMs)))
  }

  #send(command: readonly Argument[], as: 'text' | 'bytes' = 'text'): Promise<unknown> {
    return sendOn(this.#driver, command, as === 'text' ? textReplies : repliesAs(as))
  }
}

/** XREADGROUP answers with the stream and its entries, in a flat list; with nothing where there are none. */
function entriesOf(reply: unknown): Entry[] {
  return reply === null ? [] : listOf((reply as [RedisValue, never[]])[1])
}

/** Entries that were deleted from the stream meanwhile have no fields, and are left out. */
function listOf(list: readonly ([RedisValue, RedisValue[] | null] | null)[]): Entry[] {
  return list.filter((one) => one !== null && one[1] !== null).map((one) => toEntry(one as [RedisValue, RedisValue[]]))
}

/** The fields of the entry, and beside them where it came from and why. */
function deadFields(entry: Entry, stream: string, error: unknown): Argument[] {
  const fields = Object.entries(entry.fields).flatMap(([name, value]) => [
    name,
    typeof value === 'string' ? value : Buffer.from(value),
  ])
  const message = isError(error) ? error.message : String(error)
  return [...fields, 'casare-stream', stream, 'casare-id', entry.id, 'casare-error', message.toWellFormed()]
}
