import { ConnectorError, isError } from '@casare/core'
import type { ArrivedBatch, ArrivedRecord, Member } from '../driver/driver.ts'
import type { KafkaClient } from '../kafka-client.ts'
import type { KafkaRecord } from '../record.ts'
import { RecordReader } from '../record-reader.ts'
import type { ConsumeInput } from './consume-input.ts'
import type { Lanes, Outcome } from './lanes.ts'
import { putAside } from './put-aside.ts'

const blockedMs = 30_000

/** Hands records of a batch to the handler. */
export interface Worker {
  start(): void
  /** Begins nothing more; what a handler has is still answered. */
  stop(): void
}

/** Makes the workers of a batch. */
export type Staff = (lanes: Lanes) => readonly Worker[]

/**
 * Hands the records of one batch to the handler: one after the other, or those of one key one after the other. The group's
 * position follows the records that are handled without a gap before them.
 */
export class BatchRun implements Lanes {
  readonly place: string
  readonly #client: KafkaClient
  readonly #input: ConsumeInput
  readonly #batch: ArrivedBatch
  readonly #member: Member
  readonly #reader: RecordReader
  readonly #handled: Uint8Array
  readonly #lanes: readonly (readonly number[])[]
  readonly #workers: readonly Worker[]
  readonly #ended = Promise.withResolvers<void>()
  readonly #name: string
  readonly #unseen: number
  #nextLane = 0
  #running = 0
  #halted = false
  #highest = -1
  #next = 0
  #committed = 0
  #failure: Error | undefined

  /** @param ahead offsets of records that are handled already */
  constructor(
    client: KafkaClient,
    input: ConsumeInput,
    staff: Staff,
    batch: ArrivedBatch,
    member: Member,
    ahead: ReadonlySet<string>,
  ) {
    this.#client = client
    this.#input = input
    this.#batch = batch
    this.#member = member
    this.#reader = new RecordReader(batch.topic, batch.partition, input.decode)
    this.#handled = new Uint8Array(batch.records.length)
    this.place = `${batch.topic}/${batch.partition}`
    this.#name = `${input.group} ${this.place}`
    this.#unseen = this.#firstUnseen()
    if (ahead.size > 0) batch.records.forEach(({ offset }, index) => ahead.has(offset) && this.done(index))
    this.#lanes = lanesOf(batch.records, input.order, this.#handled)
    this.#workers = this.#lanes.length === 0 ? [] : staff(this)
  }

  get topic(): string {
    return this.#batch.topic
  }

  get partition(): number {
    return this.#batch.partition
  }

  /** Offsets of records that are handled, though one before them is not. */
  ahead(): ReadonlySet<string> {
    const offsets = new Set<string>()
    for (let index = this.#next; index < this.#handled.length; index += 1)
      if (this.#handled[index] === 1) offsets.add(this.#record(index).offset)
    return offsets
  }

  get laneCount(): number {
    return this.#lanes.length
  }

  /** Takes no more; `handle` resolves when the handlers that run are done. */
  stop(): void {
    this.#halted = true
    for (const worker of this.#workers) worker.stop()
  }

  /** @throws what the group said, where it is being shared out anew. */
  async handle(): Promise<void> {
    const heartbeat = setInterval(() => void this.#heartbeat(), this.#input.sessionTimeoutMs / 6)
    const commit = setInterval(
      () => void this.#commit().catch((error: unknown) => this.#halt(error)),
      this.#input.commitMs,
    )
    try {
      this.#running = this.#workers.length
      for (const worker of this.#workers) worker.start()
      if (this.#workers.length > 0) await this.#ended.promise
    } finally {
      clearInterval(heartbeat)
      clearInterval(commit)
      this.#remember()
    }
    const last = this.#batch.records[this.#next - 1]
    if (last !== undefined) this.#batch.handled(last.offset)
    try {
      await this.#commit()
    } catch (error) {
      this.#failure ??= isError(error) ? error : new Error(String(error))
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  next(): readonly number[] | undefined {
    return this.#lanes[this.#nextLane++]
  }

  ended(): void {
    this.#running -= 1
    if (this.#running === 0) this.#ended.resolve()
  }

  isCurrent(): boolean {
    return !this.#halted && this.#batch.isCurrent()
  }

  decode(index: number): KafkaRecord {
    const event = this.#reader.read(this.#record(index))
    if (index > this.#highest) this.#highest = index
    return event
  }

  keyOf({ key }: KafkaRecord): string {
    return this.#input.order === 'partition' || key === null ? this.place : `${this.place} ${String(key)}`
  }

  wasSeen(index: number): boolean {
    return index < this.#unseen
  }

  done(index: number): void {
    this.#handled[index] = 1
    while (this.#handled[this.#next] === 1) this.#next += 1
  }

  givenBack(index: number, times: number, error: unknown, delayMs: number): Promise<Outcome> | Outcome {
    return this.isExhausted(times) ? this.poison(index, error) : { afterMs: delayMs }
  }

  isExhausted(times: number): boolean {
    return this.#input.deadLetterTopic !== undefined && times >= this.#input.maxRedeliveries
  }

  /** Where a record cannot be put aside, what follows it waits: skipping it would lose it. */
  async poison(index: number, error: unknown): Promise<Outcome> {
    const { deadLetterTopic, group } = this.#input
    const { topic, partition } = this.#batch
    const record = this.#record(index)
    const detail = { topic, partition, offset: record.offset, reason: textOf(error) }
    if (deadLetterTopic === undefined) {
      this.#client.event('record_blocked', detail)
      return { afterMs: blockedMs }
    }
    try {
      await putAside(this.#client, deadLetterTopic, { topic, partition, group }, record, reasonOf(error))
      return 'done'
    } catch (failure) {
      this.#client.event('dead_letter_failed', { ...detail, failure: textOf(failure) })
      return { afterMs: blockedMs }
    }
  }

  #record(index: number): ArrivedRecord {
    return this.#batch.records[index] as ArrivedRecord
  }

  /** Records before this index were given to a handler of this connection before. Kafka does not tell. */
  #firstUnseen(): number {
    const last = this.#client.delivered.get(this.#name)
    if (last === undefined) return 0
    const found = this.#batch.records.findIndex(({ offset }) => BigInt(offset) > last)
    return found < 0 ? this.#batch.records.length : found
  }

  #remember(): void {
    const record = this.#batch.records[this.#highest]
    if (record !== undefined && this.#highest >= this.#unseen)
      this.#client.delivered.set(this.#name, BigInt(record.offset))
  }

  async #commit(): Promise<void> {
    const next = this.#next
    if (next === this.#committed) return
    this.#committed = next
    await this.#member.commit(
      this.#batch.topic,
      this.#batch.partition,
      String(BigInt(this.#record(next - 1).offset) + 1n),
    )
  }

  async #heartbeat(): Promise<void> {
    try {
      await this.#batch.heartbeat()
    } catch (error) {
      this.#halt(error)
    }
  }

  /** The partition may be somebody else's: nothing more is begun. */
  #halt(error: unknown): void {
    this.#failure ??= isError(error) ? error : new Error(String(error))
    this.stop()
  }
}

/** Indices of records that are to be handled, and must keep their order among each other. */
function lanesOf(
  records: readonly ArrivedRecord[],
  order: ConsumeInput['order'],
  handled: Uint8Array,
): (readonly number[])[] {
  if (order === 'partition') return records.length === 0 ? [] : [Array.from(records.keys())]
  const lanes = new Map<string, number[]>()
  for (const [index, { key }] of records.entries()) {
    if (handled[index] === 1) continue
    const name = key === null ? `none ${index}` : `key ${key.toString('latin1')}`
    const lane = lanes.get(name)
    if (lane === undefined) lanes.set(name, [index])
    else lane.push(index)
  }
  return [...lanes.values()]
}

function textOf(error: unknown): string {
  return isError(error) ? error.message : String(error)
}

/** What an operator reads on a dead letter; only errors of ours have had their secrets taken out. */
function reasonOf(error: unknown): string {
  return ConnectorError.is(error) ? `${error.code}: ${error.message}` : 'the handler failed'
}
