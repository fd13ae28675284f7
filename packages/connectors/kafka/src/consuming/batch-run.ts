import { ConnectorError, isError, type ListenContext } from '@casare/core'
import type { ArrivedBatch, ArrivedRecord, Member } from '../driver/driver.ts'
import type { KafkaClient } from '../kafka-client.ts'
import type { KafkaRecord } from '../record.ts'
import { toRecord } from '../value-codec.ts'
import type { ConsumeInput } from './consume-input.ts'
import { putAside } from './put-aside.ts'

const blockedMs = 30_000

/** What became of a delivery: handled, to be given again after a while, or let go of before a handler had it. */
type Outcome = 'done' | 'dropped' | { readonly afterMs: number }

/**
 * Hands the records of one batch to the handler: one after the other, or those of one key one after the other. The group's
 * position follows the records that are handled without a gap before them.
 */
export class BatchRun {
  readonly #client: KafkaClient
  readonly #input: ConsumeInput
  readonly #context: ListenContext<KafkaRecord>
  readonly #batch: ArrivedBatch
  readonly #member: Member
  readonly #handled: Uint8Array
  /** Deliveries that no handler has taken on. */
  readonly #waiting = new Set<() => void>()
  readonly #halted = new AbortController()
  readonly #place: string
  readonly #name: string
  readonly #unseen: number
  #highest = -1
  #next = 0
  #committed = 0
  #failure: Error | undefined

  constructor(
    client: KafkaClient,
    input: ConsumeInput,
    context: ListenContext<KafkaRecord>,
    batch: ArrivedBatch,
    member: Member,
  ) {
    this.#client = client
    this.#input = input
    this.#context = context
    this.#batch = batch
    this.#member = member
    this.#handled = new Uint8Array(batch.records.length)
    this.#place = `${batch.topic}/${batch.partition}`
    this.#name = `${input.group} ${this.#place}`
    this.#unseen = this.#firstUnseen()
  }

  /** Takes no more; resolves `handle` when the handlers that run are done. */
  stop(): void {
    this.#halted.abort()
    for (const drop of this.#waiting) drop()
    this.#waiting.clear()
  }

  /** @throws what the group said, where it is being shared out anew. */
  async handle(): Promise<void> {
    const heartbeat = setInterval(() => void this.#heartbeat(), this.#input.sessionTimeoutMs / 6)
    const commit = setInterval(
      () => void this.#commit().catch((error: unknown) => this.#halt(error)),
      this.#input.commitMs,
    )
    try {
      await this.#runLanes(this.#lanes())
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

  /** Indices of records that must keep their order among each other. */
  #lanes(): number[][] {
    const { records } = this.#batch
    if (this.#input.order === 'partition') return [Array.from(records.keys())]
    const lanes = new Map<string, number[]>()
    for (const [index, { key }] of records.entries()) {
      const name = key === null ? `none ${index}` : `key ${key.toString('latin1')}`
      const lane = lanes.get(name)
      if (lane === undefined) lanes.set(name, [index])
      else lane.push(index)
    }
    return [...lanes.values()]
  }

  async #runLanes(lanes: readonly number[][]): Promise<void> {
    let next = 0
    const worker = async (): Promise<void> => {
      for (let lane = lanes[next++]; lane !== undefined && !this.#halted.signal.aborted; lane = lanes[next++])
        await this.#runLane(lane)
    }
    await Promise.all(Array.from({ length: Math.min(lanes.length, this.#context.concurrency) }, worker))
  }

  async #runLane(lane: readonly number[]): Promise<void> {
    for (const index of lane)
      for (let times = 0; ; times += 1) {
        if (this.#halted.signal.aborted || !this.#batch.isCurrent()) return
        const outcome = await this.#deliver(index, times)
        if (outcome === 'dropped') return
        if (outcome === 'done') {
          this.#done(index)
          break
        }
        await pause(outcome.afterMs, this.#halted.signal)
      }
  }

  async #deliver(index: number, times: number): Promise<Outcome> {
    const raw = this.#batch.records[index] as ArrivedRecord
    let event: KafkaRecord
    try {
      event = toRecord(this.#batch.topic, this.#batch.partition, raw, this.#input.decode)
    } catch (error) {
      return this.#poison(raw, error)
    }
    if (index > this.#highest) this.#highest = index
    return new Promise((resolve) => {
      const drop = (): void => resolve('dropped')
      this.#waiting.add(drop)
      const { deadLetterTopic, maxRedeliveries } = this.#input
      const taken = this.#context.deliver({
        id: `${this.#place}/${raw.offset}`,
        key:
          this.#input.order === 'partition' || raw.key === null ? this.#place : `${this.#place} ${String(event.key)}`,
        redelivered: times > 0 || index < this.#unseen,
        event,
        ack: () => resolve('done'),
        nack: async (error, delayMs) => {
          if (deadLetterTopic !== undefined && times >= maxRedeliveries) resolve(await this.#poison(raw, error))
          else resolve({ afterMs: delayMs })
        },
        deadLetter: async (error) => resolve(await this.#poison(raw, error)),
      })
      void taken.then(() => this.#waiting.delete(drop))
    })
  }

  /** Puts a record aside; where that is not possible, what follows it waits: skipping it would lose it. */
  async #poison(raw: ArrivedRecord, error: unknown): Promise<Outcome> {
    const { deadLetterTopic } = this.#input
    const { topic, partition } = this.#batch
    const detail = { topic, partition, offset: raw.offset, reason: isError(error) ? error.message : String(error) }
    if (deadLetterTopic === undefined) {
      this.#client.event('record_blocked', detail)
      return { afterMs: blockedMs }
    }
    try {
      await putAside(
        this.#client,
        deadLetterTopic,
        { topic, partition, group: this.#input.group },
        raw,
        reasonOf(error),
      )
      return 'done'
    } catch (failure) {
      this.#client.event('dead_letter_failed', {
        ...detail,
        failure: isError(failure) ? failure.message : String(failure),
      })
      return { afterMs: blockedMs }
    }
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

  #done(index: number): void {
    this.#handled[index] = 1
    while (this.#handled[this.#next] === 1) this.#next += 1
  }

  async #commit(): Promise<void> {
    const next = this.#next
    if (next === this.#committed) return
    const last = this.#batch.records[next - 1] as ArrivedRecord
    this.#committed = next
    await this.#member.commit(this.#batch.topic, this.#batch.partition, String(BigInt(last.offset) + 1n))
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

/** What an operator reads on a dead letter; only errors of ours have had their secrets taken out. */
function reasonOf(error: unknown): string {
  return ConnectorError.is(error) ? `${error.code}: ${error.message}` : 'the handler failed'
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, delayMs)
    signal.addEventListener('abort', done, { once: true })
  })
}
