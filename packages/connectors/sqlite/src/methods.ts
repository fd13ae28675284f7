import type { CallOptions } from '@casare/core'
import type { SqliteRow } from './engine/engine.ts'

/** Input of `query` and `execute`. */
export interface StatementInput {
  /** One SQL statement. */
  readonly text: string
  /** Values of the placeholders: a list for `?`, an object for `:name`. */
  readonly values?: readonly unknown[] | Readonly<Record<string, unknown>> | undefined
}

interface Queries {
  readonly query: (
    input: { text: string; values?: unknown[] | Record<string, unknown> },
    options?: CallOptions,
  ) => Promise<{ rows: SqliteRow[] }>
}

/** What typed callers get. */
export interface SqliteMethods {
  /** Runs one statement and gives its rows, as the type stated. */
  readonly query: <Row = SqliteRow>(input: StatementInput, options?: CallOptions) => Promise<{ rows: Row[] }>
}

/** The typed face: rows of a type that the caller states. */
export function methods(connection: Queries): SqliteMethods {
  const { query } = connection
  return {
    query: <Row = SqliteRow>(input: StatementInput, options?: CallOptions): Promise<{ rows: Row[] }> =>
      query(input as { text: string }, options) as unknown as Promise<{ rows: Row[] }>,
  }
}
