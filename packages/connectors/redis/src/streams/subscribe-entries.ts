import { isError, type ListenContext, type PendingDelivery } from '@casare/core'
import { randomUUID } from 'node:crypto'
import { end } from '../dial.ts'
import { toEntry, type Entry } from '../entry.ts'
import { repliesAs, sendOn, textReplies, type Driver, type RedisClient } from '../redis-client.ts'
import { toArgument, type Argument, type RedisValue } from '../values.ts'
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
const ownCount = 100

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
  const driver = await client.dial(context.signal, toArgument(input.stream))
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
  #claimFrom = '0-0'
  #claimAt = 0

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
    await this.#createGroup()
    this.#context.ready()
    const holding = setInterval(() => void this.#hold(), this.#input.claimIdleMs / 3)
    try {
      await this.#readOwn()
      await this.#readOn()
    } finally {
      clearInterval(holding)
    }
  }

  /** Never more than the handler has room for: what waits here nobody else may have. */
  async #readOn(): Promise<void> {
    const { signal } = this.#context
    while (!signal.aborted) {
      if (this.#room > 0) await this.#deliverDue()
      if (this.#room > 0 && performance.now() >= this.#claimAt) await this.#claim()
      if (this.#room > 0 && !this.#unanswered.isFull) await this.#readNew()
      else await this.#unanswered.whenReleased(this.#unanswered.waitMs(blockMs))
      this.#context.alive()
    }
  }

  /** How many more can be handled now. */
  get #room(): number {
    return this.#context.concurrency - this.#unanswered.handling
  }

  /** What is being handled here stays ours, however long that takes: its idle time begins anew. */
  async #hold(): Promise<void> {
    const ids = this.#unanswered.inHands
    if (ids.length === 0) return
    const { stream, group } = this.#input
    const command = ['XCLAIM', stream, group, this.#unanswered.consumer, '0', ...ids, 'JUSTID']
    // Where it fails, another may take the entry too: handled twice, never lost.
    await this.#client.send(command).catch(() => undefined)
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
      const command = ['XREADGROUP', 'GROUP', group, this.#unanswered.consumer, 'COUNT', String(ownCount)]
      const found = rawEntriesOf(await this.#send([...command, 'STREAMS', stream, after], as))
      const deleted = found.filter(([, fields]) => fields === null).map(([id]) => id.toString())
      if (deleted.length > 0) await this.#send(['XACK', stream, group, ...deleted])
      await this.#deliverAll(listOf(found), true)
      const last = found.at(-1)
      if (last === undefined) return
      after = last[0].toString()
    }
  }

  async #readNew(): Promise<void> {
    const { stream, group, as } = this.#input
    const command = ['XREADGROUP', 'GROUP', group, this.#unanswered.consumer]
    command.push('COUNT', String(this.#room), 'BLOCK', String(this.#unanswered.waitMs(blockMs)))
    const reply = await this.#send([...command, 'STREAMS', stream, '>'], as)
    await this.#deliverAll(listOf(rawEntriesOf(reply)), false)
  }

  /** What others left unanswered for too long (https://redis.io/docs/latest/commands/xautoclaim/). */
  async #claim(): Promise<void> {
    const { stream, group, claimIdleMs, as } = this.#input
    const command = ['XAUTOCLAIM', stream, group, this.#unanswered.consumer, String(claimIdleMs), this.#claimFrom]
    const [next, found] = (await this.#send([...command, 'COUNT', String(this.#room)], as)) as [RedisValue, RawEntry[]]
    await this.#deliverAll(listOf(found), true)
    this.#claimFrom = next.toString()
    // At the end of the list there is time until the next round.
    if (this.#claimFrom === '0-0') this.#claimAt = performance.now() + claimIdleMs / 2
  }

  /** What the handler gave back and whose time has come. */
  async #deliverDue(): Promise<void> {
    const ids = this.#unanswered.takeDue(this.#room)
    if (ids.length === 0) return
    const { stream, group, as } = this.#input
    const command = ['XCLAIM', stream, group, this.#unanswered.consumer, '0', ...ids]
    await this.#deliverAll(listOf((await this.#send(command, as)) as never[]), true)
  }

  /** All of them are ours from now on, also those that have to wait for room. */
  async #deliverAll(entries: readonly Entry[], redelivered: boolean): Promise<void> {
    const ours = entries.filter(({ id }) => this.#unanswered.begin(id))
    for (const entry of ours) await this.#context.deliver(this.#pending(entry, redelivered))
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

  #send(command: readonly Argument[], as: 'text' | 'bytes' = 'text'): Promise<unknown> {
    return sendOn(this.#driver, command, as === 'text' ? textReplies : repliesAs(as))
  }
}

type RawEntry = readonly [id: RedisValue, fields: RedisValue[] | null]

/** XREADGROUP answers with the stream and its entries, in a flat list; with nothing where there are none. */
function rawEntriesOf(reply: unknown): readonly RawEntry[] {
  return reply === null ? [] : (reply as [RedisValue, RawEntry[]])[1]
}

/** Entries that were deleted from the stream meanwhile have no fields, and are left out. */
function listOf(list: readonly (RawEntry | null)[]): Entry[] {
  return list.filter((one) => one !== null && one[1] !== null).map((one) => toEntry(one as RawEntry))
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
