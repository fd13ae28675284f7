/** A value as SQLite stores it. */
export type SqliteValue = null | number | bigint | string | Uint8Array

/** A row: column names to values. */
export type SqliteRow = Record<string, SqliteValue>

/** Values for the placeholders of a statement: by position (`?`) or by name (`:name`, `@name`, `$name`). */
export type Bindings = readonly SqliteValue[] | Readonly<Record<string, SqliteValue>>

export interface Statement {
  readonly text: string
  readonly values: Bindings
}

/** What a statement that changes rows did. */
export interface ExecuteResult {
  /** Rows inserted, changed or deleted. */
  readonly changes: number
  /** The rowid inserted last by this connection. */
  readonly lastInsertId: number | bigint
}

export interface EngineOptions {
  readonly path: string
  readonly create: boolean
  readonly readOnly: boolean
  readonly journal: string
  readonly synchronous: string
  readonly integers: 'auto' | 'number' | 'bigint'
  readonly maxStatements: number
  readonly maxPages: number | undefined
}

/** Asked between rows; throws to end a statement early. */
export type Interruption = (() => void) | undefined

/** One row-producing or row-changing connection to the file; every method is one uninterrupted piece of work. */
export interface Engine {
  query(
    statement: Statement,
    interrupt: Interruption,
    call: { readonly signal: AbortSignal },
  ): SqliteRow[] | Promise<SqliteRow[]>
  execute(statement: Statement): ExecuteResult | Promise<ExecuteResult>
  /** All statements in one transaction. */
  batch(statements: readonly Statement[]): ExecuteResult[] | Promise<ExecuteResult[]>
  /** One statement for many value lists, in one transaction, or in the one that is open. */
  executeMany(text: string, rows: readonly (readonly SqliteValue[])[]): number | Promise<number>
  /** Does the statement only read? */
  isReadOnly(text: string): boolean | Promise<boolean>
  close(): void | Promise<void>
}
