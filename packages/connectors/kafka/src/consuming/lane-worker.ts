import type { ListenContext, PendingDelivery } from '@casare/core'
import type { KafkaRecord } from '../record.ts'
import type { Worker } from './batch-run.ts'
import type { Lanes, Outcome } from './lanes.ts'

/**
 * Hands the records of one lane after the other to the handler, and waits for the answer to each. It is driven by the
 * answers and not by promises: this is the hot path.
 */
export class LaneWorker implements Worker {
  readonly #lanes: Lanes
  readonly #context: ListenContext<KafkaRecord>
  #lane: readonly number[] | undefined
  #at = 0
  #times = 0
  #state: 'idle' | 'waiting' | 'busy' | 'ended' = 'idle'
  #current: RecordDelivery | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(lanes: Lanes, context: ListenContext<KafkaRecord>) {
    this.#lanes = lanes
    this.#context = context
  }

  start(): void {
    this.#lane = this.#lanes.next()
    this.#advance()
  }

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
    void this.#context.deliver(this.#current)
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
