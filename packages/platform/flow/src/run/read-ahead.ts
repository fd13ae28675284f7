/**
 * Reads up to `ahead` items before they are asked for, so that source and sink work at the same time, and no more: a slow
 * sink holds the source back. An error comes after the items that were read before it.
 */
export async function* readAhead<T>(source: AsyncIterator<T>, ahead: number): AsyncIterableIterator<T> {
  const waiting: Promise<IteratorResult<T>>[] = []
  let tail: Promise<unknown> = Promise.resolve()
  const fill = (): void => {
    while (waiting.length < ahead) {
      // One after the other: a source is asked for its next page only once it has given this one.
      const next = tail.then(() => source.next())
      next.catch(() => undefined)
      tail = next
      waiting.push(next)
    }
  }
  try {
    fill()
    for (;;) {
      const next = waiting.shift()
      const item = next === undefined ? await source.next() : await next
      if (item.done === true) return
      fill()
      yield item.value
    }
  } finally {
    await source.return?.().catch(() => undefined)
  }
}
