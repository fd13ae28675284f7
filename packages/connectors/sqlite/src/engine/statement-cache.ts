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
    const statement = known ?? withAnyNames(this.#database.prepare(text))
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

/** A column of this name would be lost: the driver assigns it, which changes a row's prototype instead. */
function withAnyNames(statement: BetterSqlite3.Statement): BetterSqlite3.Statement {
  if (!statement.reader || !statement.columns().some(({ name }) => name === '__proto__')) return statement
  const { all, iterate } = statement
  statement.raw(true)
  const define = (values: unknown): object => {
    const row = {}
    for (const [index, { name }] of statement.columns().entries())
      Object.defineProperty(row, name, {
        value: (values as unknown[])[index],
        enumerable: true,
        configurable: true,
        writable: true,
      })
    return row
  }
  statement.all = (...values: unknown[]) => all.apply(statement, values).map(define)
  statement.iterate = function* (...values: unknown[]) {
    for (const row of iterate.apply(statement, values)) yield define(row)
  }
  return statement
}
