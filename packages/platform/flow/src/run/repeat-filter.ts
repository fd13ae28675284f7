import { isDeepStrictEqual } from 'node:util'
import type { Identity } from './identity.ts'

/**
 * Leaves out records that a source hands out again, unchanged, on the same page or the next: lists that grow while they
 * are read shift their pages. A record that has changed is not a repetition.
 */
export class RepeatFilter {
  readonly #identity: Identity
  #before = new Map<string, unknown>()

  constructor(identity: Identity) {
    this.#identity = identity
  }

  /** The records of the next page without repetitions; the same list where there are none. */
  next(records: readonly unknown[]): readonly unknown[] {
    const seen = new Map<string, unknown>()
    let repeated: Set<number> | undefined
    for (let index = 0; index < records.length; index += 1) {
      const record = records[index]
      const id = this.#identity.of(record)?.id
      if (id === undefined) continue
      const known = seen.get(id) ?? this.#before.get(id)
      if (known !== undefined && isDeepStrictEqual(known, record)) (repeated ??= new Set()).add(index)
      seen.set(id, record)
    }
    this.#before = seen
    return repeated === undefined ? records : records.filter((_record, index) => repeated?.has(index) !== true)
  }
}
