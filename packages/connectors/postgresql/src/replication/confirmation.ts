/** A transaction on its way: done when all its changes are handled. */
interface Transaction {
  pending: number
  /** Behind its commit; `undefined` until that has arrived. */
  endLsn: bigint | undefined
}

/** Up to where everything is handled. The server forgets what is confirmed, so that never runs ahead of a change. */
export class Confirmation {
  readonly #transactions: Transaction[] = []
  /** Everything before this place is done. */
  confirmed: bigint

  constructor(confirmed: bigint) {
    this.confirmed = confirmed
  }

  /** Changes that are on their way. */
  get open(): number {
    return this.#transactions.length
  }

  begin(): void {
    this.#transactions.push({ pending: 0, endLsn: undefined })
  }

  /** A change of the transaction that arrives now; call what it returns when the change is handled. */
  change(): () => void {
    const transaction = this.#transactions.at(-1)
    if (transaction === undefined) throw new Error('PostgreSQL: a change outside of a transaction.')
    transaction.pending += 1
    let done = false
    return () => {
      if (done) return
      done = true
      transaction.pending -= 1
      this.#advance()
    }
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
