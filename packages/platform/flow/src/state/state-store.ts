import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import Database from 'better-sqlite3'
import { ConnectorError } from '@casare/core'
import { DeadLetters, type NewDeadLetter } from './dead-letters.ts'
import { migrations } from './migrations.ts'
import { PayloadCipher } from './payload-cipher.ts'

const leaseMs = 15_000

/** What is known of a flow's progress. */
export interface FlowState {
  readonly cursor: unknown
  /** The last run had read everything. */
  readonly complete: boolean
  readonly read: number
  readonly written: number
  readonly updatedAt: string
}

/** What one page brought. */
export interface Checkpoint {
  readonly cursor: unknown
  readonly complete: boolean
  readonly read: number
  readonly written: number
  readonly deadLetters: readonly NewDeadLetter[]
  /** Keys of dead letters whose record has passed since. */
  readonly superseded: readonly string[]
}

/**
 * The state of flows in one SQLite file: cursors, leases, dead letters. A checkpoint is one transaction: the cursor never
 * moves past a record whose dead letter is not stored.
 */
export class StateStore {
  readonly #database: Database.Database
  readonly deadLetters: DeadLetters
  readonly #saveCursor: Database.Statement
  readonly #owner = randomUUID()

  private constructor(database: Database.Database, cipher: PayloadCipher) {
    this.#database = database
    this.deadLetters = new DeadLetters(database, cipher)
    this.#saveCursor = database.prepare(
      `insert into flows (flow, cursor, complete, read, written, updated_at) values (?, ?, ?, ?, ?, ?)
       on conflict (flow) do update set cursor = excluded.cursor, complete = excluded.complete, read = read + excluded.read,
       written = written + excluded.written, updated_at = excluded.updated_at`,
    )
  }

  /**
   * Opens the file, makes it where there is none, and brings its schema up to date.
   * @param environmentKey the value of `CASARE_STATE_KEY`.
   * @throws `unsupported` for a file written by a newer version; `not_found`, `permission_denied` or `conflict` where it cannot be opened.
   */
  static open(path: string, environmentKey?: string): StateStore {
    try {
      mkdirSync(dirname(path), { recursive: true })
      const database = new Database(path, { timeout: 5_000 })
      database.pragma('journal_mode = wal')
      // Losing the last checkpoints to a power cut only makes records be read again; dead letters are flushed, see below.
      database.pragma('synchronous = normal')
      migrate(database, path)
      return new StateStore(database, PayloadCipher.open(path, environmentKey))
    } catch (error) {
      throw ConnectorError.is(error) ? error : cannotOpen(path, error)
    }
  }

  /** What is known of a flow; `undefined` before its first checkpoint. */
  get(flow: string): FlowState | undefined {
    const row = this.#database
      .prepare('select cursor, complete, read, written, updated_at from flows where flow = ?')
      .get(flow) as
      { cursor: string | null; complete: number; read: number; written: number; updated_at: string } | undefined
    if (row === undefined) return undefined
    return {
      cursor: row.cursor === null ? undefined : (JSON.parse(row.cursor) as unknown),
      complete: row.complete === 1,
      read: row.read,
      written: row.written,
      updatedAt: row.updated_at,
    }
  }

  /** Stores a page's progress and its dead letters, all or nothing. */
  checkpoint(flow: string, { cursor, complete, read, written, deadLetters, superseded }: Checkpoint): void {
    const important = deadLetters.length > 0
    if (important) this.#database.pragma('synchronous = full')
    try {
      this.#database.transaction(() => {
        for (const letter of deadLetters) this.deadLetters.put(flow, letter)
        for (const key of superseded) this.deadLetters.supersede(flow, key)
        this.#saveCursor.run(
          flow,
          cursor === undefined ? null : JSON.stringify(cursor),
          complete ? 1 : 0,
          read,
          written,
          new Date().toISOString(),
        )
      })()
    } finally {
      if (important) this.#database.pragma('synchronous = normal')
    }
  }

  /** Forgets where a flow is; its dead letters stay. */
  restart(flow: string): void {
    this.#database.prepare('delete from flows where flow = ?').run(flow)
  }

  /**
   * Makes sure that a flow runs once at a time. A holder that is gone, killed or silent for 15 seconds does not count.
   * @returns a function that gives the lease back.
   * @throws `conflict` where another process runs the flow.
   */
  lease(flow: string): () => void {
    const take = this.#database.transaction(() => {
      const held = this.#database
        .prepare('select owner, host, pid, expires_at from leases where flow = ?')
        .get(flow) as { owner: string; host: string; pid: number; expires_at: number } | undefined
      if (held !== undefined && held.owner !== this.#owner && held.expires_at > Date.now() && !isGone(held))
        throw new ConnectorError({
          code: 'conflict',
          message: `The flow "${flow}" is running already (process ${held.pid} on ${held.host}). Wait for it, or stop it first.`,
        })
      this.#renew(flow)
    })
    take.immediate()
    const timer = setInterval(() => this.#renew(flow), leaseMs / 3)
    timer.unref()
    return () => {
      clearInterval(timer)
      this.#database.prepare('delete from leases where flow = ? and owner = ?').run(flow, this.#owner)
    }
  }

  #renew(flow: string): void {
    this.#database
      .prepare(
        'insert into leases (flow, owner, host, pid, expires_at) values (?, ?, ?, ?, ?) on conflict (flow) do update set owner = excluded.owner, host = excluded.host, pid = excluded.pid, expires_at = excluded.expires_at',
      )
      .run(flow, this.#owner, hostname(), process.pid, Date.now() + leaseMs)
  }

  close(): void {
    this.#database.close()
  }
}

/** Has the process that held the lease ended? Only this machine's can be asked. */
function isGone({ host, pid }: { readonly host: string; readonly pid: number }): boolean {
  if (host !== hostname()) return false
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

function migrate(database: Database.Database, path: string): void {
  const run = database.transaction(() => {
    const version = database.pragma('user_version', { simple: true }) as number
    if (version > migrations.length)
      throw new ConnectorError({
        code: 'unsupported',
        message: `The state file ${path} was written by a newer version of Casare (schema ${version}, this one knows ${migrations.length}). Update Casare.`,
      })
    for (const text of migrations.slice(version)) database.exec(text)
    if (version < migrations.length) database.pragma(`user_version = ${migrations.length}`)
  })
  run.immediate()
}

function cannotOpen(path: string, error: unknown): ConnectorError {
  const { code, message } = error as { code?: string; message?: string }
  if (code?.startsWith('SQLITE_BUSY') === true)
    return new ConnectorError({
      code: 'conflict',
      message: `The state file ${path} is locked by another program.`,
      cause: error,
    })
  if (code === 'SQLITE_NOTADB')
    return new ConnectorError({
      code: 'invalid_input',
      message: `${path} is not a state file: it is no SQLite database.`,
      cause: error,
    })
  if (code === 'SQLITE_READONLY' || code === 'EACCES' || code === 'EROFS')
    return new ConnectorError({
      code: 'permission_denied',
      message: `The state file ${path} cannot be written: ${message ?? ''}`,
      cause: error,
    })
  return new ConnectorError({
    code: 'unavailable',
    applied: 'no',
    transient: false,
    message: `The state file ${path} cannot be opened: ${message ?? String(error)}`,
    cause: error,
  })
}
