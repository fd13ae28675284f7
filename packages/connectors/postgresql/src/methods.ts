import { invalidInput, type CallOptions } from '@casare/core'
import type { PostgresqlRow } from './backend/statement.ts'

/** Input of `query` and `execute`. */
export interface StatementInput {
  /** One SQL statement. */
  readonly text: string
  /** Values of `$1`, `$2` and so on. */
  readonly values?: readonly unknown[] | undefined
}

interface Queries {
  readonly query: (
    input: { text: string; values?: unknown[] },
    options?: CallOptions,
  ) => Promise<{ rows: PostgresqlRow[] }>
}

/** What typed callers get. */
export interface PostgresqlMethods {
  /** Runs one statement and gives its rows, as the type stated. */
  readonly query: <Row = PostgresqlRow>(input: StatementInput, options?: CallOptions) => Promise<{ rows: Row[] }>
  /** Runs the statement of a template, whose values are bound, and gives its rows: db.sql`select * from orders where id = ${id}`. */
  readonly sql: <Row = PostgresqlRow>(texts: TemplateStringsArray, ...values: unknown[]) => Promise<Row[]>
}

/** The typed face: rows of a type that the caller states, and statements as templates. */
export function methods(connection: Queries): PostgresqlMethods {
  const { query } = connection
  return {
    query: <Row = PostgresqlRow>(input: StatementInput, options?: CallOptions): Promise<{ rows: Row[] }> =>
      query(input as { text: string }, options) as unknown as Promise<{ rows: Row[] }>,
    sql: async <Row = PostgresqlRow>(texts: TemplateStringsArray, ...values: unknown[]): Promise<Row[]> => {
      if (!Array.isArray(texts) || !Object.isFrozen(texts))
        throw invalidInput('sql is a template: write sql`…`, not sql(…). A text of your own goes to query.')
      const text = texts.reduce((before, part, index) => `${before}$${index}${part}`)
      const { rows } = await query({ text, values })
      return rows as Row[]
    },
  }
}
