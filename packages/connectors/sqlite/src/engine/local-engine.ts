import type BetterSqlite3 from 'better-sqlite3'
import type {
  Bindings,
  Engine,
  EngineOptions,
  ExecuteResult,
  Interruption,
  SqliteRow,
  SqliteValue,
  Statement,
} from './engine.ts'
import { StatementCache } from './statement-cache.ts'

/** The engine in this thread, on better-sqlite3 (https://github.com/WiseLibs/better-sqlite3/blob/master/docs/api.md). */
export class LocalEngine implements Engine {
  readonly #database: BetterSqlite3.Database
  readonly #integers: EngineOptions['integers']
  readonly #statements: StatementCache

  constructor(Database: typeof BetterSqlite3, options: EngineOptions) {
    const { path, create, readOnly } = options
    // No busy handler of SQLite's own: it would block the thread. The lock is waited for outside.
    this.#database = new Database(path, { readonly: readOnly, fileMustExist: !create || readOnly, timeout: 0 })
    this.#integers = options.integers
    this.#statements = new StatementCache(this.#database, options.maxStatements)
    try {
      this.#configure(options)
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  #configure({ readOnly, journal, synchronous, maxPages }: EngineOptions): void {
    const database = this.#database
    if (!readOnly) database.pragma(`journal_mode = ${journal}`)
    database.pragma(`synchronous = ${synchronous}`)
    database.pragma('foreign_keys = on')
    database.pragma('trusted_schema = off')
    if (readOnly) database.pragma('query_only = on')
    if (maxPages !== undefined) database.pragma(`max_page_count = ${maxPages}`)
    // Reads the file's header, so that something that is no database fails at opening.
    database.pragma('schema_version')
  }

  query({ text, values }: Statement, interrupt: Interruption): SqliteRow[] {
    const statement = this.#statements.get(text)
    if (!statement.reader) {
      run(statement, values)
      return []
    }
    if (this.#integers === 'number') return all(statement, values, interrupt)
    if (this.#integers === 'bigint') return all(statement.safeIntegers(true), values, interrupt)
    // A statement that writes cannot be run twice, so it is read exactly at once.
    if (!statement.readonly) return narrowed(this.#exactly(statement, values, interrupt))
    const rows = all(statement, values, interrupt)
    return hasInexact(rows) ? narrowed(this.#exactly(statement, values, interrupt)) : rows
  }

  #exactly(statement: BetterSqlite3.Statement, values: Bindings, interrupt: Interruption): SqliteRow[] {
    statement.safeIntegers(true)
    try {
      return all(statement, values, interrupt)
    } finally {
      statement.safeIntegers(false)
    }
  }

  execute({ text, values }: Statement): ExecuteResult {
    const statement = this.#statements.get(text)
    if (statement.reader) {
      const rows = all(statement, values, undefined)
      return { changes: statement.readonly ? 0 : rows.length, lastInsertId: 0 }
    }
    const { changes, lastInsertRowid } = run(statement, values)
    return { changes, lastInsertId: lastInsertRowid }
  }

  batch(statements: readonly Statement[]): ExecuteResult[] {
    return this.#atomic(() => statements.map((statement) => this.execute(statement)))
  }

  executeMany(text: string, rows: readonly (readonly SqliteValue[])[]): number {
    const statement = this.#statements.get(text)
    return this.#atomic(() => {
      let changes = 0
      for (const values of rows) changes += statement.run(values).changes
      return changes
    })
  }

  isReadOnly(text: string): boolean {
    return this.#statements.get(text).readonly
  }

  close(): void {
    this.#database.close()
  }

  /** In a transaction of its own, or in the one that is open. */
  #atomic<T>(work: () => T): T {
    const nested = this.#database.inTransaction
    this.#statements.get(nested ? 'SAVEPOINT casare' : 'BEGIN IMMEDIATE').run()
    try {
      const result = work()
      this.#statements.get(nested ? 'RELEASE casare' : 'COMMIT').run()
      return result
    } catch (error) {
      // SQLite ends a transaction by itself for some errors (a full disk, for one).
      if (this.#database.inTransaction) this.#undo(nested)
      throw error
    }
  }

  #undo(nested: boolean): void {
    if (!nested) this.#statements.get('ROLLBACK').run()
    else {
      this.#statements.get('ROLLBACK TO casare').run()
      this.#statements.get('RELEASE casare').run()
    }
  }
}

function run(statement: BetterSqlite3.Statement, values: Bindings): BetterSqlite3.RunResult {
  return Array.isArray(values) && values.length === 0 ? statement.run() : statement.run(values)
}

function all(statement: BetterSqlite3.Statement, values: Bindings, interrupt: Interruption): SqliteRow[] {
  if (interrupt === undefined)
    return (Array.isArray(values) && values.length === 0 ? statement.all() : statement.all(values)) as SqliteRow[]
  const rows: SqliteRow[] = []
  for (const row of statement.iterate(values)) {
    interrupt()
    rows.push(row as SqliteRow)
  }
  return rows
}

/** Is there a number that could be a rounded 64-bit integer? */
function hasInexact(rows: readonly SqliteRow[]): boolean {
  for (const row of rows) {
    for (const key in row) {
      const value = row[key]
      if (typeof value === 'number' && (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER)) return true
    }
  }
  return false
}

/** Turns the bigints that fit into numbers, in place. */
function narrowed(rows: SqliteRow[]): SqliteRow[] {
  for (const row of rows) {
    for (const key in row) {
      const value = row[key]
      if (
        typeof value === 'bigint' &&
        value <= BigInt(Number.MAX_SAFE_INTEGER) &&
        value >= BigInt(Number.MIN_SAFE_INTEGER)
      )
        row[key] = Number(value)
    }
  }
  return rows
}
