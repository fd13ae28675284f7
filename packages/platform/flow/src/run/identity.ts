import { createHash } from 'node:crypto'
import type { AnyRead, RecordIdentity } from '@casare/core'

/** Who the records of a page are. */
export interface Identities {
  /** @param origin the record's place on its page. */
  of(record: unknown, origin: number): RecordIdentity | undefined
  /** The idempotency key of a record's effect in a step: a hash of flow, step and identity. */
  key(record: unknown, origin: number, step: string): string
}

/** Who a record is that was read: what the stream says, else what is in it. */
export class Identity implements Identities {
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

  key(record: unknown, _origin: number, step: string): string {
    const identity = this.of(record)
    const who = identity === undefined ? `content ${JSON.stringify(record, bigintText)}` : `id ${identity.id}`
    return keyOf(this.#flow, step, who)
  }
}

/** Who the events of a batch are: each has the id that it was delivered with. */
export class EventIdentity implements Identities {
  readonly #flow: string
  readonly #ids: readonly string[]

  constructor(flow: string, ids: readonly string[]) {
    this.#flow = flow
    this.#ids = ids
  }

  of(_event: unknown, origin: number): RecordIdentity | undefined {
    const id = this.#ids[origin]
    return id === undefined ? undefined : { id }
  }

  key(_event: unknown, origin: number, step: string): string {
    return keyOf(this.#flow, step, `id ${this.#ids[origin] ?? ''}`)
  }
}

function keyOf(flow: string, step: string, who: string): string {
  return createHash('sha256').update(`${flow}\n${step}\n${who}`).digest('hex')
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
