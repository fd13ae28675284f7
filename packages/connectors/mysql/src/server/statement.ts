import type { Readable } from 'node:stream'
import type { Parameter } from '../values/to-parameter.ts'

/** A row: names of columns to values. */
export type MysqlRow = Record<string, unknown>

/** A statement with its values. */
export interface Step {
  readonly text: string
  readonly values: readonly Parameter[]
  /** A text of ours that comes once: preparing it would cost more than it saves. It has no values. */
  readonly once?: boolean | undefined
  /** What LOAD DATA LOCAL reads. */
  readonly source?: Readable | undefined
  /** What messages call it, where it is one of several. */
  readonly label?: string | undefined
}

/** What a statement gave. */
export interface StepResult {
  /** Rows of the first result. */
  readonly rows: MysqlRow[]
  /** Every result, where a procedure gave several. */
  readonly results: readonly MysqlRow[][]
  /** Rows inserted, changed (or found as they should be) and deleted. */
  readonly changes: number
  /** The first key that was generated; 0 where there is none. */
  readonly lastInsertId: bigint
  /** How many warnings the server has to tell. */
  readonly warnings: number
}

/** A statement without values. */
export function plain(text: string): Step {
  return { text, values: none }
}

const none: readonly never[] = Object.freeze([])
