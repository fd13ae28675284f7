import type { KafkaRecord } from '../record.ts'

/** What became of a record: handled, or to be given again after a while. */
export type Outcome = 'done' | { readonly afterMs: number }

/** The batch that a worker works on. */
export interface Lanes {
  readonly place: string
  /** How many sequences there are that need no order among each other. */
  readonly laneCount: number
  /** Indices of the records to be handled one after the other; `undefined` where no more are left. */
  next(): readonly number[] | undefined
  /** May more be begun? */
  isCurrent(): boolean
  /** @throws where the record is not what it says it is. */
  decode(index: number): KafkaRecord
  keyOf(event: KafkaRecord): string
  wasSeen(index: number): boolean
  /** Puts a record aside, or tells how long to wait where that is not possible. */
  poison(index: number, error: unknown): Promise<Outcome>
  /** Has it come so often that it is to be put aside, where there is a topic for it? */
  isExhausted(times: number): boolean
  /** For a record that was given back. */
  givenBack(index: number, times: number, error: unknown, delayMs: number): Promise<Outcome> | Outcome
  done(index: number): void
  ended(): void
}
