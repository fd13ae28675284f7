import { ConnectorError, type ListenContext, type PendingDelivery } from '@casare/core'
import type { KafkaRecord, RecordBatch } from '../record.ts'
import type { Worker } from './batch-run.ts'
import { failureOf } from './failed-at.ts'
import type { Lanes, Outcome } from './lanes.ts'

/**
 * Hands the records of a partition to the handler, many at a time, and waits for the answer. What fails without telling
 * where comes again whole; what can never be handled is looked for by halving.
 */
export class ChunkWorker implements Worker {
  readonly #lanes: Lanes
  readonly #context: ListenContext<RecordBatch>
  readonly #maxRecords: number
  readonly #records: readonly number[]
  #at = 0
  #times = 0
  /** How many at once, and up to where no more than that, because one among them can never be handled. */
  #limit: number
  #suspectedTo = 0
  #state: 'idle' | 'waiting' | 'busy' | 'ended' = 'idle'
  #current: ChunkDelivery | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(lanes: Lanes, context: ListenContext<RecordBatch>, maxRecords: number) {
    this.#lanes = lanes
    this.#context = context
    this.#maxRecords = maxRecords
    this.#limit = maxRecords
    this.#records = lanes.next() ?? []
  }

  start(): void {
    this.#advance()
  }

  stop(): void {
    if (this.#state !== 'busy') this.#end()
  }

  /** May the handler have it? It waited for its turn, and the partition may be somebody else's by now. */
  claim(delivery: ChunkDelivery): boolean {
    if (this.#state !== 'waiting' || this.#current !== delivery) return false
    if (!this.#lanes.isCurrent()) {
      this.#end()
      return false
    }
    this.#state = 'busy'
    return true
  }

  handled(count: number): void {
    for (let done = 0; done < count; done += 1) this.#lanes.done(this.#index(done))
    this.#at += count
    if (count > 0) this.#times = 0
    if (this.#at >= this.#suspectedTo) this.#limit = this.#maxRecords
  }

  next(): void {
    this.#current = undefined
    this.#advance()
  }

  async giveBack(length: number, error: unknown, delayMs: number): Promise<void> {
    const failure = failureOf(error)
    if (failure === undefined || failure.index >= length) return this.#again(length, error, delayMs)
    this.handled(failure.index)
    const { cause } = failure
    const never = ConnectorError.is(cause) && !cause.retryable && cause.code !== 'cancelled'
    const settled = never
      ? await this.#lanes.poison(this.#index(0), cause)
      : await this.#lanes.givenBack(this.#index(0), this.#times, cause, delayMs)
    this.#settle(settled)
  }

  /** One of these can never be handled. */
  async putAside(length: number, error: unknown): Promise<void> {
    if (length > 1) this.#halve(length, 0)
    else this.#settle(await this.#lanes.poison(this.#index(0), error))
  }

  async #again(length: number, error: unknown, delayMs: number): Promise<void> {
    const suspected = this.#at < this.#suspectedTo || this.#lanes.isExhausted(this.#times)
    if (length > 1 && suspected) this.#halve(length, delayMs)
    else if (length > 1) this.#settle({ afterMs: delayMs })
    else this.#settle(await this.#lanes.givenBack(this.#index(0), this.#times, error, delayMs))
  }

  #halve(length: number, delayMs: number): void {
    this.#limit = Math.ceil(length / 2)
    this.#suspectedTo = Math.max(this.#suspectedTo, this.#at + length)
    this.#settle({ afterMs: delayMs })
  }

  #settle(outcome: Outcome): void {
    this.#current = undefined
    if (outcome === 'done') {
      this.handled(1)
      this.#limit = this.#maxRecords
      return this.#advance()
    }
    this.#times += 1
    this.#state = 'idle'
    if (!this.#lanes.isCurrent()) return this.#end()
    this.#timer = setTimeout(() => this.#advance(), outcome.afterMs)
  }

  #index(further: number): number {
    return this.#records[this.#at + further] ?? -1
  }

  #advance(): void {
    this.#state = 'idle'
    if (this.#at >= this.#records.length || !this.#lanes.isCurrent()) return this.#end()
    const records: KafkaRecord[] = []
    const length = Math.min(this.#limit, this.#records.length - this.#at)
    let redelivered = this.#times > 0
    try {
      for (let further = 0; further < length; further += 1) {
        records.push(this.#lanes.decode(this.#index(further)))
        redelivered ||= this.#lanes.wasSeen(this.#index(further))
      }
    } catch (error) {
      // What is before it is handled first.
      if (records.length === 0) {
        this.#state = 'busy'
        void this.putAside(1, error)
        return
      }
    }
    this.#state = 'waiting'
    this.#current = new ChunkDelivery(this, this.#lanes.place, redelivered, records)
    void this.#context.deliver(this.#current)
  }

  #end(): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    clearTimeout(this.#timer)
    this.#lanes.ended()
  }
}

class ChunkDelivery implements PendingDelivery<RecordBatch> {
  readonly #worker: ChunkWorker
  readonly id: string
  readonly key: string
  readonly redelivered: boolean
  readonly event: RecordBatch

  constructor(worker: ChunkWorker, place: string, redelivered: boolean, records: readonly KafkaRecord[]) {
    const [first, last] = [records[0], records.at(-1)] as [KafkaRecord, KafkaRecord]
    this.#worker = worker
    this.id = `${place}/${first.offset}-${last.offset}`
    this.key = place
    this.redelivered = redelivered
    this.event = { topic: first.topic, partition: first.partition, records }
  }

  claim(): boolean {
    return this.#worker.claim(this)
  }

  ack(): void {
    this.#worker.handled(this.event.records.length)
    this.#worker.next()
  }

  nack(error: unknown, delayMs: number): Promise<void> {
    return this.#worker.giveBack(this.event.records.length, error, delayMs)
  }

  deadLetter(error: unknown): Promise<void> {
    return this.#worker.putAside(this.event.records.length, error)
  }
}
