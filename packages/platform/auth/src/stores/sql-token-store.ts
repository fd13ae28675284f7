import { ConnectorError, invalidInput } from '@casare/core'
import type { Lease, StoredTokens, TokenStore } from './token-store.ts'

/** What of a connection to SQLite or PostgreSQL this store uses; those of @casare/sqlite and @casare/postgresql have it. */
export interface SqlConnection {
  query(
    input: { readonly text: string; readonly values?: readonly unknown[] },
    options?: { readonly effect?: 'read' | 'idempotent' | 'unsafe' },
  ): Promise<{ readonly rows: readonly object[] }>
}

interface Dialect {
  readonly parameter: (position: number) => string
  /** Milliseconds since 1970 by the database's own clock. */
  readonly now: string
  readonly number: string
}

const dialects = {
  sqlite: {
    parameter: () => '?',
    now: `cast((julianday('now') - 2440587.5) * 86400000 as integer)`,
    number: 'integer',
  },
  postgresql: {
    parameter: (position) => `$${position}`,
    now: `(extract(epoch from clock_timestamp()) * 1000)::bigint`,
    number: 'bigint',
  },
} satisfies Record<string, Dialect>

/**
 * Tokens in a table of a database, for all processes that reach it. The table is made at first use where it is not there:
 * `key`, `value`, `version`, `fence`, `holder`, `until`. Values are stored in the clear; see `sealedTokenStore`.
 * @param options.dialect which database the connection is to.
 * @param options.table default `casare_tokens`; letters, digits and `_`, with a schema before a dot.
 */
export function sqlTokenStore(
  connection: SqlConnection,
  options: { readonly dialect: 'sqlite' | 'postgresql'; readonly table?: string | undefined },
): TokenStore {
  const { dialect, table = 'casare_tokens' } = options
  if (!/^[A-Za-z_]\w{0,62}(?:\.[A-Za-z_]\w{0,62})?$/.test(table))
    throw invalidInput('table must be a name of letters, digits and "_", with a schema before a dot at most.')
  return new SqlTokenStore(connection, dialects[dialect], table)
}

class SqlTokenStore implements TokenStore {
  readonly #connection: SqlConnection
  readonly #dialect: Dialect
  readonly #table: string
  #made: Promise<unknown> | undefined

  constructor(connection: SqlConnection, dialect: Dialect, table: string) {
    this.#connection = connection
    this.#dialect = dialect
    this.#table = table
  }

  async read(key: string): Promise<StoredTokens | undefined> {
    const [row] = await this.#run(`select value, version from ${this.#table} where key = :1`, [key], 'read')
    const { value, version } = (row ?? {}) as { value?: string | null; version?: unknown }
    return typeof value === 'string' ? { value, version: Number(version) } : undefined
  }

  async acquire(key: string, holder: string, ttlMs: number): Promise<Lease | undefined> {
    const [row] = await this.#run(
      `insert into ${this.#table} as held (key, version, fence, holder, until) values (:1, 0, 1, :2, now() + :3)
       on conflict (key) do update set fence = held.fence + 1, holder = excluded.holder, until = excluded.until
       where held.until < now() or held.holder = excluded.holder returning fence`,
      [key, holder, ttlMs],
    )
    return row === undefined ? undefined : { fence: Number((row as { fence: unknown }).fence) }
  }

  async extend(key: string, fence: number, ttlMs: number): Promise<boolean> {
    const rows = await this.#run(
      `update ${this.#table} set until = now() + :1 where key = :2 and fence = :3 returning fence`,
      [ttlMs, key, fence],
    )
    return rows.length > 0
  }

  async release(key: string, fence: number): Promise<void> {
    await this.#run(`update ${this.#table} set until = 0 where key = :1 and fence = :2`, [key, fence])
  }

  /** Sent once: repeated after a lost answer, its own first try would look like somebody else's. */
  async replace(key: string, version: number, value: string): Promise<boolean> {
    try {
      return (await this.#replace(key, version, value)).length > 0
    } catch (error) {
      if (!ConnectorError.is(error, 'outcome_unknown')) throw error
      return (await this.read(key))?.value === value
    }
  }

  #replace(key: string, version: number, value: string): Promise<readonly object[]> {
    return this.#run(
      `insert into ${this.#table} as held (key, value, version, fence, holder, until) values (:1, :2, 1, 0, '', 0)
       on conflict (key) do update set value = excluded.value, version = held.version + 1
       where held.version = :3 returning version`,
      [key, value, version],
      'unsafe',
    )
  }

  async put(key: string, value: string): Promise<void> {
    await this.#set(key, value)
  }

  async delete(key: string): Promise<void> {
    await this.#set(key, null)
  }

  /** The row stays where the value goes: fences and versions never begin anew. */
  async #set(key: string, value: string | null): Promise<void> {
    await this.#run(
      `insert into ${this.#table} as held (key, value, version, fence, holder, until) values (:1, :2, 1, 0, '', 0)
       on conflict (key) do update set value = excluded.value, version = held.version + 1`,
      [key, value],
    )
  }

  async #run(
    text: string,
    values: readonly unknown[],
    effect: 'read' | 'idempotent' | 'unsafe' = 'idempotent',
  ): Promise<readonly object[]> {
    await (this.#made ??= this.#make())
    return this.#send(text, values, effect)
  }

  async #make(): Promise<void> {
    const { number } = this.#dialect
    try {
      await this.#send(
        `create table if not exists ${this.#table} (key varchar(256) primary key, value text,
         version ${number} not null, fence ${number} not null, holder varchar(64) not null, until ${number} not null)`,
        [],
        'idempotent',
      )
    } catch (error) {
      // Two at once: PostgreSQL lets one of them fail on its own catalogue. The next call looks again.
      this.#made = undefined
      if (!ConnectorError.is(error, 'already_exists')) throw error
    }
  }

  async #send(
    text: string,
    values: readonly unknown[],
    effect: 'read' | 'idempotent' | 'unsafe',
  ): Promise<readonly object[]> {
    const { parameter, now } = this.#dialect
    const order: number[] = []
    const statement = text.replaceAll('now()', now).replace(/:(\d)/g, (_match, position: string) => {
      order.push(Number(position))
      return parameter(Number(position))
    })
    // SQLite takes its values in the order in which they stand, PostgreSQL by their numbers.
    const given = parameter(1) === '?' ? order.map((position) => values[position - 1]) : values
    const { rows } = await this.#connection.query({ text: statement, values: given }, { effect })
    return rows
  }
}
