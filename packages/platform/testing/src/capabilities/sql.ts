import type { NotApplicable, Peer } from '../checks/check.ts'
import type { DrivenConnection, Target } from '../subject/connector-subject.ts'

/** Kinds of values that a database keeps exactly, or says that it has no such thing. */
export type SqlValueKind =
  'texts' | 'integers' | 'decimals' | 'floats' | 'booleans' | 'times' | 'bytes' | 'json' | 'arrays' | 'ranges'

/** How values of one kind are stored. */
export interface SqlValueCase {
  /** Type of the column, as SQL: `bigint`. */
  readonly type: string
  /** Values to be stored beside the suite's own of this kind; `arrays`, `ranges` and `times` have none of those. */
  readonly values?: readonly unknown[] | undefined
  /** What comes back for a value, where that is not the same. */
  readonly returned?: ((value: unknown) => unknown) | undefined
  /** Values of the suite that this type does not take. */
  readonly without?: ((value: unknown) => boolean) | undefined
}

/** A database that is spoken to in SQL by `query`, `execute`, `batch`, `rows`, `describeTable` and `transaction`. */
export interface SqlSubject {
  readonly peer: Peer
  /** A fresh database with nothing in it. */
  readonly start: () => Promise<Target>
  /** Stands for the value of this number, from 1: `$1`, `?`. */
  readonly placeholder: (number: number) => string
  /** A name, quoted as the system does. */
  readonly quote: (name: string) => string
  readonly values: Readonly<Record<SqlValueKind, SqlValueCase | NotApplicable>>
  /** Type of a short text: `varchar(100)`. */
  readonly shortText: string
  /** Words at the end of `create table` that make columns take only what their type says. Default: none. */
  readonly strict?: string | undefined
  /** Names of the suite that the system cannot give to a table or column: they must be refused. Default: none. */
  readonly impossibleName?: ((name: string) => boolean) | undefined
  /** What the message about a syntax error in the second line of a statement says. */
  readonly position: RegExp | NotApplicable
  /** Statements that try to take `readOnly` off; each may fail, none may help. */
  readonly escapes: readonly string[]
  /** Settings under which one server connection serves everything, so that one that is left unusable shows. */
  readonly single?: Readonly<Record<string, unknown>> | undefined
  /** Decides the random values. Default 1. */
  readonly seed?: number | undefined
  /** Random values per kind, 1 to 100,000. Default 100. */
  readonly randomValues?: number | undefined
}

/** A connection to a database as the suite uses it. */
export interface SqlConnection extends DrivenConnection {
  query(input: object, options?: object): Promise<{ rows: Record<string, unknown>[] }>
  execute(input: object, options?: object): Promise<{ changes: number }>
  batch(input: object, options?: object): Promise<unknown>
  describeTable(input: object): Promise<{ columns: { name: string }[]; primaryKey: string[] }>
  readonly rows: {
    read(input: object, options?: object): AsyncIterable<Record<string, unknown>>
    write(
      records: readonly object[],
      input: object,
      options?: object,
    ): Promise<{
      succeeded: number
      failed: readonly { index: number; error: { code: string; message: string; applied: string } }[]
    }>
  }
  transaction<T>(work: (transaction: SqlConnection) => Promise<T>, input?: object): Promise<T>
}
