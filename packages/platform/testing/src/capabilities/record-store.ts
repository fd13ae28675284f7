import type { Peer } from '../checks/check.ts'
import type { DrivenConnection, Target } from '../subject/connector-subject.ts'

/** A row of the suite's table: an id, a text or nothing, and a number that grows with each change and has ties. */
export interface StoredRow {
  readonly id: number
  readonly text: string | null
  readonly at: number
}

/** A system that keeps rows in tables: databases, and APIs of records. */
export interface RecordStoreSubject {
  readonly peer: Peer
  /** A fresh peer. */
  readonly start: () => Promise<Target>
  /** Makes an empty table with the columns of `StoredRow`, `id` its key. */
  readonly createTable: (connection: DrivenConnection, table: string) => Promise<unknown>
  /** Name of the stream of rows. */
  readonly stream: string
  /** Input of a read, ordered by `at` (and then by what tells rows apart) where that is asked for. */
  readonly readInput: (table: string, incremental: boolean) => unknown
  /** Input of a write that inserts, and fails where the key is there. */
  readonly insertInput: (table: string) => unknown
  /** Input of a write that inserts or updates. */
  readonly upsertInput: (table: string) => unknown
  /** Histories that are tried, 1 to 10,000. Default 15. */
  readonly histories?: number | undefined
  /** Decides the histories. Default 1. */
  readonly seed?: number | undefined
}

/** Names of the suites of capabilities, as the conformance table shows them. */
export type Capability = 'record store' | 'sql' | 'object store' | 'queue' | 'key-value'
