import type { ArrivingTransaction } from './change-delivery.ts'

/** Up to where everything is handled. The server forgets what is confirmed, so that never runs ahead of a change. */
export class Confirmation {
  readonly #transactions: ArrivingTransaction[] = []
  /** Everything before this place is done. */
  confirmed: bigint

  constructor(confirmed: bigint) {
    this.confirmed = confirmed
  }

  begin(facts: Pick<ArrivingTransaction, 'lsn' | 'number' | 'committedAt'>): ArrivingTransaction {
    const transaction = { ...facts, count: 0, pending: 0, endLsn: undefined }
    this.#transactions.push(transaction)
    return transaction
  }

  /** One change of the transaction, to be called once for each. */
  handled(transaction: ArrivingTransaction): void {
    transaction.pending -= 1
    if (transaction.pending === 0) this.#advance()
  }

  commit(endLsn: bigint): void {
    const transaction = this.#transactions.at(-1)
    if (transaction !== undefined) transaction.endLsn = endLsn
    this.#advance()
  }

  /** The server has sent everything up to here. */
  reached(lsn: bigint): void {
    if (this.#transactions.length === 0 && lsn > this.confirmed) this.confirmed = lsn
  }

  #advance(): void {
    for (let first = this.#transactions[0]; first !== undefined; first = this.#transactions[0]) {
      if (first.pending > 0 || first.endLsn === undefined) return
      if (first.endLsn > this.confirmed) this.confirmed = first.endLsn
      this.#transactions.shift()
    }
  }
}
