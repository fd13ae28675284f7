import type { ListenContext, PendingDelivery } from '@casare/core'
import type { KafkaRecord } from '../record.ts'

/** What became of a record: handled, or to be given again after a while. */
export type Outcome = 'done' | { readonly afterMs: number }

/** The batch that a worker works on. */
export interface Lanes {
  readonly place: string
  readonly context: ListenContext<KafkaRecord>
  /** Indices of the records to be handled one after the other; `undefined` where no more are left. */
  next(): readonly number[] | undefined
  /** May more be begun? */
  isCurrent(): boolean
  /** @throws where the record is not what it says it is. */
  decode(index: number): KafkaRecord
  keyOf(event: KafkaRecord): string
  wasSeen(index: number): boolean
  /** Puts a record aside, or tells how long to wait where that is not possible. */
  poison(index: number, error: unknown): Promise<Outcome>
  /** For a record that was given back. */
  givenBack(index: number, times: number, error: unknown, delayMs: number): Promise<Outcome> | Outcome
  done(index: number): void
  ended(): void
}

/**
 * Hands the records of one lane after the other to the handler, and waits for the answer to each. It is driven by the
 * answers and not by promises: this is the hot path.
 */
export class LaneWorker {
  readonly #lanes: Lanes
  #lane: readonly number[] | undefined
  #at = 0
  #times = 0
  #state: 'idle' | 'waiting' | 'busy' | 'ended' = 'idle'
  #current: RecordDelivery | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(lanes: Lanes) {
    this.#lanes = lanes
  }

  start(): void {
    this.#lane = this.#lanes.next()
    this.#advance()
  }

  /** Begins nothing more; what a handler has is still answered. */
  stop(): void {
    if (this.#state !== 'busy') this.#end()
  }

  /** May the handler have it? It waited for its turn, and the partition may be somebody else's by now. */
  claim(delivery: RecordDelivery): boolean {
    if (this.#state !== 'waiting' || this.#current !== delivery) return false
    if (!this.#lanes.isCurrent()) {
      this.#end()
      return false
    }
    this.#state = 'busy'
    return true
  }

  settle(outcome: Outcome): void {
    this.#current = undefined
    if (outcome === 'done') {
      this.#lanes.done(this.#index)
      this.#at += 1
      this.#times = 0
      this.#advance()
      return
    }
    this.#times += 1
    this.#state = 'idle'
    if (!this.#lanes.isCurrent()) return this.#end()
    this.#timer = setTimeout(() => this.#advance(), outcome.afterMs)
  }

  giveBack(error: unknown, delayMs: number): Promise<void> | void {
    const outcome = this.#lanes.givenBack(this.#index, this.#times, error, delayMs)
    return outcome instanceof Promise ? outcome.then((settled) => this.settle(settled)) : this.settle(outcome)
  }

  async putAside(error: unknown): Promise<void> {
    this.settle(await this.#lanes.poison(this.#index, error))
  }

  get #index(): number {
    return this.#lane?.[this.#at] ?? -1
  }

  #advance(): void {
    this.#state = 'idle'
    while (this.#lane !== undefined && this.#at >= this.#lane.length) {
      this.#lane = this.#lanes.next()
      this.#at = 0
    }
    if (this.#lane === undefined || !this.#lanes.isCurrent()) return this.#end()
    this.#deliver(this.#index)
  }

  #deliver(index: number): void {
    const lanes = this.#lanes
    let event: KafkaRecord
    try {
      event = lanes.decode(index)
    } catch (error) {
      this.#state = 'busy'
      void this.putAside(error)
      return
    }
    this.#state = 'waiting'
    this.#current = new RecordDelivery(
      this,
      `${lanes.place}/${event.offset}`,
      lanes.keyOf(event),
      this.#times > 0 || lanes.wasSeen(index),
      event,
    )
    void lanes.context.deliver(this.#current)
  }

  #end(): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    clearTimeout(this.#timer)
    this.#lanes.ended()
  }
}

class RecordDelivery implements PendingDelivery<KafkaRecord> {
  readonly #worker: LaneWorker
  readonly id: string
  readonly key: string
  readonly redelivered: boolean
  readonly event: KafkaRecord

  constructor(worker: LaneWorker, id: string, key: string, redelivered: boolean, event: KafkaRecord) {
    this.#worker = worker
    this.id = id
    this.key = key
    this.redelivered = redelivered
    this.event = event
  }

  claim(): boolean {
    return this.#worker.claim(this)
  }

  ack(): void {
    this.#worker.settle('done')
  }

  nack(error: unknown, delayMs: number): Promise<void> | void {
    return this.#worker.giveBack(error, delayMs)
  }

  deadLetter(error: unknown): Promise<void> {
    return this.#worker.putAside(error)
  }
}
