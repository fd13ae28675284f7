import { ConnectorError } from '@casare/core'

/** Positions remembered one by one; a longer cycle is found by the mark. */
const maxRemembered = 10_000

/** Notices that an API leads us round in circles. One per read. */
export class PageGuard {
  readonly #subject: string
  readonly #seen = new Set<string>()
  #mark = ''
  #steps = 0
  #nextMark = 1
  #lastBytes: Buffer | undefined

  /** @param subject what the message calls the read: method and address. */
  constructor(subject: string) {
    this.#subject = subject
  }

  /**
   * A position we are about to read.
   * @throws `internal` where we have been there before.
   */
  visit(position: string): void {
    if (this.#seen.has(position) || position === this.#mark) throw this.#loop('the position of the next page')
    this.#seen.add(position)
    if (this.#seen.size > maxRemembered) this.#seen.delete(this.#seen.values().next().value ?? '')
    // Brent's algorithm: a mark that moves at powers of two meets any cycle in the end, in constant memory.
    this.#steps += 1
    if (this.#steps === this.#nextMark) {
      this.#mark = position
      this.#nextMark *= 2
    }
  }

  /**
   * A page with records in it.
   * @throws `internal` where it is byte for byte the one before.
   */
  page(bytes: Buffer): void {
    if (this.#lastBytes?.equals(bytes) === true) throw this.#loop('a page')
    this.#lastBytes = bytes
  }

  #loop(what: string): ConnectorError {
    return new ConnectorError({
      code: 'internal',
      applied: 'no',
      transient: false,
      message: `${this.#subject}: ${what} came twice, so that reading would never end. Check the paging settings: the API may ignore the parameter.`,
    })
  }
}
