import type { PendingDelivery } from '@casare/core'
import type { PostgresqlRow } from '../backend/statement.ts'

/** One change of one row. */
export interface ChangeEvent {
  readonly kind: 'insert' | 'update' | 'delete' | 'truncate'
  readonly schema: string
  readonly table: string
  /** The row as it is now; without the columns named in `unchanged`. */
  readonly row?: PostgresqlRow | undefined
  /** The row as it was, or what tells it apart, as far as the table's replica identity keeps it. */
  readonly old?: PostgresqlRow | undefined
  /** Large columns that the update did not touch, whose values the server does not send. */
  readonly unchanged?: readonly string[] | undefined
  readonly transaction: number
  readonly committedAt: string
  /** Place of the commit in the log: `16/B374D848`. */
  readonly lsn: string
}

/** A transaction of which changes are on their way. */
export interface ArrivingTransaction {
  /** Place of its commit, as text. */
  readonly lsn: string
  readonly number: number
  readonly committedAt: string
  /** Changes that have arrived. */
  count: number
  /** Changes that are not handled. */
  pending: number
  /** Behind its commit; `undefined` until that has arrived. */
  endLsn: bigint | undefined
}

/** Who wants to know what became of a change. */
export interface ChangeOwner {
  handled(delivery: ChangeDelivery): void
  giveBack(error: unknown, delayMs: number): Promise<void>
}

/** A change on its way to its handler: one object, as there are many. */
export class ChangeDelivery implements PendingDelivery<ChangeEvent> {
  readonly id: string
  readonly key: string
  readonly redelivered: boolean
  readonly event: ChangeEvent
  readonly transaction: ArrivingTransaction
  readonly #owner: ChangeOwner

  constructor(
    owner: ChangeOwner,
    transaction: ArrivingTransaction,
    number: number,
    key: string,
    redelivered: boolean,
    event: ChangeEvent,
  ) {
    this.id = `${transaction.lsn}:${number}`
    this.key = key
    this.redelivered = redelivered
    this.event = event
    this.transaction = transaction
    this.#owner = owner
  }

  ack(): void {
    this.#owner.handled(this)
  }

  nack(error: unknown, delayMs: number): Promise<void> {
    return this.#owner.giveBack(error, delayMs)
  }
}
