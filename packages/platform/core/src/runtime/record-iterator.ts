/** What pages give: records, and more of them later. */
interface Pages {
  next(): Promise<IteratorResult<{ readonly records: readonly unknown[] }, unknown>>
  return?(): Promise<unknown>
}

/**
 * Records one by one out of pages. An async generator would wait three times for each record, which costs more than most
 * drivers take to read it; here only the next page is waited for.
 */
export class RecordIterator implements AsyncIterator<unknown, undefined> {
  readonly #pages: Pages
  #records: readonly unknown[] = []
  #index = 0
  /** The next page on its way; who asks meanwhile comes after it. */
  #fetching: Promise<unknown> | undefined
  #ended = false

  constructor(pages: Pages) {
    this.#pages = pages
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    const fetching = this.#fetching
    if (fetching !== undefined)
      return fetching.then(
        () => this.next(),
        () => this.next(),
      )
    if (this.#index < this.#records.length) return Promise.resolve({ done: false, value: this.#records[this.#index++] })
    if (this.#ended) return Promise.resolve(ended)
    const more = this.#more().finally(() => {
      this.#fetching = undefined
    })
    this.#fetching = more
    return more
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#ended = true
    this.#records = []
    await this.#pages.return?.()
    return ended
  }

  async #more(): Promise<IteratorResult<unknown, undefined>> {
    try {
      for (;;) {
        const page = await this.#pages.next()
        if (page.done === true || this.#ended) break
        const [first] = page.value.records
        if (page.value.records.length === 0) continue
        this.#records = page.value.records
        this.#index = 1
        return { done: false, value: first }
      }
    } catch (error) {
      this.#ended = true
      throw error
    }
    this.#ended = true
    return ended
  }
}

const ended = Object.freeze({ done: true, value: undefined }) as IteratorReturnResult<undefined>
