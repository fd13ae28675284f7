import { createHash } from 'node:crypto'
import type { AnyRead, RecordIdentity } from '@casare/core'

/** Who a record is: what the stream says, else what is in it. */
export class Identity {
  readonly #flow: string
  readonly #facet: AnyRead
  readonly #input: unknown

  constructor(flow: string, facet: AnyRead, input: unknown) {
    this.#flow = flow
    this.#facet = facet
    this.#input = input
  }

  of(record: unknown): RecordIdentity | undefined {
    try {
      return this.#facet.identify?.(record, this.#input)
    } catch {
      // A malformed record may have no id; it still gets a key of its own.
      return undefined
    }
  }

  /** The idempotency key of a record's effect in a step: a hash of flow, step and identity. */
  key(record: unknown, step: string): string {
    const identity = this.of(record)
    const who = identity === undefined ? `content ${JSON.stringify(record, bigintText)}` : `id ${identity.id}`
    return createHash('sha256').update(`${this.#flow}\n${step}\n${who}`).digest('hex')
  }
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
