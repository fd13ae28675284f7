import { ConnectorError, type ListenContext } from '@casare/core'
import { pause } from '@casare/sql'
import type { PostgresqlRow } from '../backend/statement.ts'
import type { ByteReader } from './byte-reader.ts'
import { ChangeDelivery, type ArrivingTransaction, type ChangeEvent } from './change-delivery.ts'
import { Confirmation } from './confirmation.ts'
import { PgoutputDecoder, type PgoutputMessage, type Relation } from './pgoutput.ts'

/** Where a subscription is, from one connection to the next: place and number of the last change that was handed over. */
export interface Handed {
  lsn: bigint
  number: number
}

const drainMs = 30_000
/** Changes held here while handlers are busy; then the server has to wait. */
const highWater = 1_000
/** How far behind a change that waits for its row others are looked for. */
const lookAhead = 100
/** Acknowledgements within this time are one message: the server sends nothing while it reads one. */
const confirmAfterMs = 20
const none: readonly string[] = []

/**
 * Takes in the changes of one connection, hands them to the handlers in their order, and knows up to where all are handled.
 * What is done for each change is kept small: this is the hot path.
 */
export class Follower {
  readonly #context: ListenContext<ChangeEvent>
  readonly #handed: Handed
  readonly #stream: { pause(): void; resume(): void }
  readonly #fail: (error: unknown) => void
  readonly #decoder = new PgoutputDecoder()
  readonly #confirmation = new Confirmation(0n)
  readonly #waiting: ChangeDelivery[] = []
  /** Place of the first one that waits: taking it out each time would move all the others. */
  #head = 0
  /** Rows of which a change is being handled. */
  readonly #busy = new Set<string>()
  readonly #ended = new AbortController()
  #begun: ArrivingTransaction | undefined
  /** Changes of the transaction that arrives now which were handed over before, on an earlier connection. */
  #handedBefore = 0
  #wake: (() => void) | undefined
  #paused = false
  #confirming: NodeJS.Timeout | undefined
  /** What the server was told last. */
  #told = 0n
  /** Handlers that run. */
  #handling = 0
  #idle: (() => void) | undefined
  onConfirmed: () => void = () => undefined

  constructor(
    context: ListenContext<ChangeEvent>,
    handed: Handed,
    stream: { pause(): void; resume(): void },
    fail: (error: unknown) => void,
  ) {
    this.#context = context
    this.#handed = handed
    this.#stream = stream
    this.#fail = fail
  }

  get isPaused(): boolean {
    return this.#paused
  }

  get confirmed(): bigint {
    return this.#confirmation.confirmed
  }

  data(message: ByteReader): void {
    const decoded = this.#decoder.decode(message)
    if (decoded !== undefined) this.#take(decoded)
  }

  reached(lsn: bigint): void {
    this.#context.alive()
    this.#confirmation.reached(lsn)
  }

  failed(error: unknown): void {
    this.#fail(error)
  }

  async run(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      const next = this.#next()
      if (next !== undefined) {
        await this.#context.deliver(next)
        // One that was let go of by a stop reaches no handler.
        if (!this.#context.signal.aborted) this.#handling += 1
      } else
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      if (this.#paused && this.#held < highWater / 2) {
        this.#paused = false
        this.#stream.resume()
      }
    }
  }

  end(): void {
    this.#clear()
    clearTimeout(this.#confirming)
    this.#ended.abort()
    this.#wake?.()
  }

  /** The first change of a row of which none is being handled: where one is given back, those behind it wait too. */
  #next(): ChangeDelivery | undefined {
    const waiting = this.#waiting
    let index = this.#head
    const end = Math.min(waiting.length, index + lookAhead)
    // Nearly always it is the first one.
    while (index < end && this.#busy.has((waiting[index] as ChangeDelivery).key)) index += 1
    if (index >= end) return undefined
    const next = waiting[index]
    if (index > this.#head) waiting.splice(index, 1)
    else if ((this.#head += 1) === waiting.length || this.#head > highWater) {
      waiting.splice(0, this.#head)
      this.#head = 0
    }
    if (next !== undefined) this.#busy.add(next.key)
    return next
  }

  /** Asked to stop: takes nothing more, and waits for the handlers that run. */
  async finished(): Promise<void> {
    this.#clear()
    if (this.#handling <= 0) return
    const timer = new AbortController()
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve
    })
    await Promise.race([idle, pause(drainMs, timer.signal)])
    timer.abort()
  }

  get #held(): number {
    return this.#waiting.length - this.#head
  }

  #clear(): void {
    this.#waiting.length = 0
    this.#head = 0
  }

  /** The handler is done with it. */
  handled({ key, transaction }: ChangeDelivery): void {
    this.#confirmation.handled(transaction)
    this.#busy.delete(key)
    this.#wake?.()
    this.#oneLess()
    this.#confirmSoon()
  }

  /** The order of changes is kept: the stream begins again with the first one that is not confirmed. */
  async giveBack(error: unknown, delayMs: number): Promise<void> {
    this.#oneLess()
    await pause(delayMs, this.#ended.signal)
    this.#fail(
      new ConnectorError({
        code: 'unavailable',
        message: 'PostgreSQL: a change was given back by its handler.',
        cause: error,
      }),
    )
  }

  #oneLess(): void {
    this.#handling -= 1
    if (this.#handling <= 0) this.#idle?.()
  }

  #take(message: PgoutputMessage): void {
    switch (message.kind) {
      case 'begin': {
        const { finalLsn: lsn, committedAt, transaction } = message
        const handed = this.#handed
        this.#handedBefore = lsn < handed.lsn ? Infinity : lsn === handed.lsn ? handed.number : 0
        if (lsn > handed.lsn) {
          handed.lsn = lsn
          handed.number = 0
        }
        this.#begun = this.#confirmation.begin({ lsn: lsnText(lsn), number: transaction, committedAt })
        return
      }
      case 'commit':
        this.#confirmation.commit(message.endLsn)
        this.#confirmSoon()
        return
      case 'truncate':
        for (const relation of message.relations) this.#add('truncate', relation, undefined, undefined, none)
        return
      case 'insert':
        this.#add('insert', message.relation, message.row, undefined, none)
        return
      case 'update':
        this.#add('update', message.relation, message.row, message.old, message.unchanged)
        return
      case 'delete':
        this.#add('delete', message.relation, undefined, message.old, none)
        return
    }
  }

  #add(
    kind: ChangeEvent['kind'],
    relation: Relation,
    row: PostgresqlRow | undefined,
    old: PostgresqlRow | undefined,
    unchanged: readonly string[],
  ): void {
    const transaction = this.#begun
    if (transaction === undefined) throw new Error('PostgreSQL: a change outside of a transaction.')
    const number = (transaction.count += 1)
    const redelivered = number <= this.#handedBefore
    if (!redelivered) this.#handed.number = number
    transaction.pending += 1
    const event: Mutable<ChangeEvent> = {
      kind,
      schema: relation.schema,
      table: relation.table,
      transaction: transaction.number,
      committedAt: transaction.committedAt,
      lsn: transaction.lsn,
    }
    if (row !== undefined) event.row = row
    if (old !== undefined) event.old = old
    if (unchanged.length > 0) event.unchanged = unchanged
    this.#waiting.push(new ChangeDelivery(this, transaction, number, keyOf(relation, row ?? old), redelivered, event))
    this.#wake?.()
    if (this.#paused || this.#held < highWater) return
    this.#paused = true
    this.#stream.pause()
  }

  /** Many acknowledgements in a row are one message, and those that move nothing are none. */
  #confirmSoon(): void {
    if (this.#confirming !== undefined || this.confirmed === this.#told) return
    this.#confirming = setTimeout(() => {
      this.#confirming = undefined
      this.#told = this.confirmed
      this.onConfirmed()
    }, confirmAfterMs)
  }
}

type Mutable<Value> = { -readonly [Name in keyof Value]: Value[Name] }

/** Changes of one row come one after the other; those of a table without a key as well. */
function keyOf({ place, keys }: Relation, row: PostgresqlRow | undefined): string {
  let key = place
  if (row !== undefined) for (const name of keys) key += `:${String(row[name])}`
  return key
}

function lsnText(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffff_ffffn).toString(16).toUpperCase()}`
}
