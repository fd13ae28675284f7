import type Database from 'better-sqlite3'
import { ConnectorError, decode, SecretHandles } from '@casare/core'
import type { PayloadCipher } from './payload-cipher.ts'

/** `open`; `replayed` with success; `superseded` by a newer record of the same key. */
export type DeadLetterStatus = 'open' | 'replayed' | 'superseded'

/** A record that could not be handled, without its payload. */
export interface DeadLetter {
  readonly id: number
  readonly flow: string
  /** Unique within the flow: the idempotency key of the record's effect. */
  readonly key: string
  readonly recordId: string | undefined
  /** Where it failed: `fields`, `map`, `filter`, `validate` or `write`. */
  readonly step: string
  readonly code: string
  readonly reason: string
  readonly attempts: number
  readonly status: DeadLetterStatus
  readonly parent: number | undefined
  readonly createdAt: string
  readonly updatedAt: string
}

/** A dead letter to be stored. */
export interface NewDeadLetter {
  readonly key: string
  readonly recordId: string | undefined
  readonly version: string | undefined
  readonly step: string
  readonly code: string
  readonly reason: string
  /** The record as it was read; stored encrypted, as it is. */
  readonly payload: unknown
  readonly position: unknown
}

interface Row {
  id: number
  flow: string
  key: string
  record_id: string | null
  step: string
  code: string
  reason: string
  payload: Uint8Array
  attempts: number
  status: DeadLetterStatus
  parent: number | null
  created_at: string
  updated_at: string
}

/** The dead letters of a state file; one per key, however often a record fails. */
export class DeadLetters {
  readonly #database: Database.Database
  readonly #cipher: PayloadCipher

  constructor(database: Database.Database, cipher: PayloadCipher) {
    this.#database = database
    this.#cipher = cipher
  }

  /** Stores a dead letter; one of the same key is replaced and counts one attempt more. */
  put(flow: string, letter: NewDeadLetter): void {
    const now = new Date().toISOString()
    this.#database
      .prepare(
        `insert into dead_letters (flow, key, record_id, version, step, code, reason, payload, position, attempts, status, created_at, updated_at)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 'open', ?, ?)
         on conflict (flow, key) do update set step = excluded.step, code = excluded.code, reason = excluded.reason, payload = excluded.payload,
         position = excluded.position, attempts = attempts + 1, status = 'open', updated_at = excluded.updated_at`,
      )
      .run(
        flow,
        letter.key,
        letter.recordId ?? null,
        letter.version ?? null,
        letter.step,
        letter.code,
        letter.reason,
        this.#seal(flow, letter.key, letter.payload),
        JSON.stringify(letter.position ?? null),
        now,
        now,
      )
  }

  /** Dead letters in the order of their arrival, after `after` (an id). */
  list(
    options: {
      readonly flow?: string | undefined
      readonly status?: DeadLetterStatus | 'all' | undefined
      readonly after?: number | undefined
      readonly limit?: number | undefined
    } = {},
  ): DeadLetter[] {
    const { flow, status = 'open', after = 0, limit = 1_000 } = options
    const rows = this.#database
      .prepare(
        `select * from dead_letters where id > ? and (? is null or flow = ?) and (? = 'all' or status = ?) order by id limit ?`,
      )
      .all(after, flow ?? null, flow ?? null, status, status, limit) as Row[]
    return rows.map(toDeadLetter)
  }

  count(flow: string): number {
    return (
      this.#database.prepare("select count(*) as n from dead_letters where flow = ? and status = 'open'").get(flow) as {
        n: number
      }
    ).n
  }

  /** Keys of the open dead letters of a flow. */
  openKeys(flow: string): Set<string> {
    return new Set(
      (
        this.#database.prepare("select key from dead_letters where flow = ? and status = 'open'").all(flow) as {
          key: string
        }[]
      ).map(({ key }) => key),
    )
  }

  /** @throws `not_found` */
  get(id: number): DeadLetter {
    return toDeadLetter(this.#row(id))
  }

  /** The record as it was read. @throws `not_found`, or `invalid_input` where it cannot be decrypted. */
  payload(id: number): unknown {
    const { flow, key, payload } = this.#row(id)
    return decode(JSON.parse(this.#cipher.decrypt(payload, `${flow}\n${key}`)), new SecretHandles())
  }

  settle(id: number, status: DeadLetterStatus): void {
    this.#database
      .prepare('update dead_letters set status = ?, updated_at = ? where id = ?')
      .run(status, new Date().toISOString(), id)
  }

  /** A newer record of the same key has passed: replaying the old one would undo it. */
  supersede(flow: string, key: string): void {
    this.#database
      .prepare(
        "update dead_letters set status = 'superseded', updated_at = ? where flow = ? and key = ? and status = 'open'",
      )
      .run(new Date().toISOString(), flow, key)
  }

  /** @returns how many were dropped. */
  drop(ids: readonly number[]): number {
    const statement = this.#database.prepare('delete from dead_letters where id = ?')
    return this.#database.transaction(() => ids.reduce((sum, id) => sum + statement.run(id).changes, 0))()
  }

  #seal(flow: string, key: string, payload: unknown): Buffer {
    return this.#cipher.encrypt(JSON.stringify(payload ?? null, jsonSafe), `${flow}\n${key}`)
  }

  #row(id: number): Row {
    const row = this.#database.prepare('select * from dead_letters where id = ?').get(id) as Row | undefined
    if (row === undefined)
      throw new ConnectorError({
        code: 'not_found',
        message: `There is no dead letter ${id}. "casare dlq list" shows those there are.`,
      })
    return row
  }
}

/** What JSON has no word for, tagged as on every JSON face. */
function jsonSafe(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { $bigint: value.toString() }
  if (typeof value === 'number' && !Number.isFinite(value)) return { $number: String(value) }
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
  if (
    typeof value === 'object' &&
    value !== null &&
    (value as { type?: unknown }).type === 'Buffer' &&
    Array.isArray((value as { data?: unknown }).data)
  )
    return { $bytes: Buffer.from((value as { data: number[] }).data).toString('base64') }
  return value
}

function toDeadLetter(row: Row): DeadLetter {
  const { id, flow, key, step, code, reason, attempts, status } = row
  return {
    id,
    flow,
    key,
    recordId: row.record_id ?? undefined,
    step,
    code,
    reason,
    attempts,
    status,
    parent: row.parent ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
