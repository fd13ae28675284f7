import { invalidInput, type CallOptions } from '@casare/core'

type Row = Record<string, unknown>

/** Input of `query` and `execute`. */
export interface StatementInput {
  /** One SQL statement. */
  readonly text: string
  /** Values of the placeholders, in their order. */
  readonly values?: readonly unknown[] | undefined
}

/** A connection that runs queries. */
export interface Queries {
  readonly query: (input: { text: string; values?: unknown[] }, options?: CallOptions) => Promise<{ rows: Row[] }>
}

/** What typed callers get. */
export interface SqlMethods {
  /** Runs one statement and gives its rows, as the type stated. */
  readonly query: <Of = Row>(input: StatementInput, options?: CallOptions) => Promise<{ rows: Of[] }>
  /** Runs the statement of a template, whose values are bound, and gives its rows: db.sql`select * from orders where id = ${id}`. */
  readonly sql: <Of = Row>(texts: TemplateStringsArray, ...values: unknown[]) => Promise<Of[]>
}

/**
 * The typed face: rows of a type that the caller states, and statements as templates.
 * @param placeholder stands for a value of a template, counted from 1: `?`, `$1`
 */
export function typedQueries({ query }: Queries, placeholder: (number: number) => string): SqlMethods {
  return {
    query: <Of = Row>(input: StatementInput, options?: CallOptions): Promise<{ rows: Of[] }> =>
      query(input as { text: string }, options) as unknown as Promise<{ rows: Of[] }>,
    sql: async <Of = Row>(texts: TemplateStringsArray, ...values: unknown[]): Promise<Of[]> => {
      if (!Array.isArray(texts) || !Object.isFrozen(texts))
        throw invalidInput('sql is a template: write sql`…`, not sql(…). A text of your own goes to query.')
      const text = texts.reduce((before, part, index) => `${before}${placeholder(index)}${part}`)
      const { rows } = await query({ text, values })
      return rows as Of[]
    },
  }
}
