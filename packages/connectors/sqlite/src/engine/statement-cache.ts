import type BetterSqlite3 from 'better-sqlite3'

/** Prepared statements by their text; the one used longest ago goes first. */
export class StatementCache {
  readonly #database: BetterSqlite3.Database
  readonly #max: number
  readonly #statements = new Map<string, BetterSqlite3.Statement>()
  #last: { readonly text: string; readonly statement: BetterSqlite3.Statement } | undefined

  constructor(database: BetterSqlite3.Database, max: number) {
    this.#database = database
    this.#max = max
  }

  get(text: string): BetterSqlite3.Statement {
    if (this.#last?.text === text) return this.#last.statement
    const known = this.#statements.get(text)
    const statement = known ?? this.#database.prepare(text)
    if (this.#max > 0) {
      if (known !== undefined) this.#statements.delete(text)
      this.#statements.set(text, statement)
      if (this.#statements.size > this.#max) this.#dropOldest()
      this.#last = { text, statement }
    }
    return statement
  }

  #dropOldest(): void {
    for (const oldest of this.#statements.keys()) {
      this.#statements.delete(oldest)
      return
    }
  }
}
