import { readerOf, type Reader } from '../values/readers.ts'
import type { PostgresqlRow } from '../backend/statement.ts'
import type { ByteReader } from './byte-reader.ts'

/** A table as the stream of changes describes it. */
export interface Relation {
  readonly schema: string
  readonly table: string
  readonly columns: readonly RelationColumn[]
  /** `schema.table`. */
  readonly place: string
  /** Names of the columns that tell rows apart. */
  readonly keys: readonly string[]
}

interface RelationColumn {
  readonly name: string
  /** Part of what tells rows apart (the replica identity). */
  readonly isKey: boolean
  readonly read: Reader
}

/** A message of the stream, as far as it matters here. */
export type PgoutputMessage =
  | { readonly kind: 'begin'; readonly finalLsn: bigint; readonly committedAt: string; readonly transaction: number }
  | { readonly kind: 'commit'; readonly endLsn: bigint }
  | { readonly kind: 'insert'; readonly relation: Relation; readonly row: PostgresqlRow }
  | {
      readonly kind: 'update'
      readonly relation: Relation
      readonly row: PostgresqlRow
      readonly old: PostgresqlRow | undefined
      readonly unchanged: readonly string[]
    }
  | { readonly kind: 'delete'; readonly relation: Relation; readonly old: PostgresqlRow }
  | { readonly kind: 'truncate'; readonly relations: readonly Relation[] }

/** Reads the messages of pgoutput, version 1 (https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html). */
export class PgoutputDecoder {
  readonly #relations = new Map<number, Relation>()

  /** @returns `undefined` for messages that tell of no change. */
  decode(bytes: ByteReader): PgoutputMessage | undefined {
    switch (String.fromCharCode(bytes.byte())) {
      case 'B':
        return {
          kind: 'begin',
          finalLsn: bytes.int64(),
          committedAt: timeOf(bytes.int64()),
          transaction: bytes.int32(),
        }
      case 'C':
        // Flags, and the place of the commit itself.
        bytes.skip(9)
        return { kind: 'commit', endLsn: bytes.int64() }
      case 'R':
        this.#readRelation(bytes)
        return undefined
      case 'I':
        return this.#insert(bytes)
      case 'U':
        return this.#update(bytes)
      case 'D':
        return this.#delete(bytes)
      case 'T':
        return this.#truncate(bytes)
      default:
        return undefined
    }
  }

  #readRelation(bytes: ByteReader): void {
    const number = bytes.int32()
    const schema = bytes.text() || 'pg_catalog'
    const table = bytes.text()
    bytes.skip(1)
    const columns = Array.from({ length: bytes.int16() }, (): RelationColumn => {
      const isKey = (bytes.byte() & 1) === 1
      const name = bytes.text()
      const read = readerOf(bytes.int32())
      bytes.skip(4)
      return { name, isKey, read }
    })
    const keys = columns.filter(({ isKey }) => isKey).map(({ name }) => name)
    this.#relations.set(number, { schema, table, columns, place: `${schema}.${table}`, keys })
  }

  #insert(bytes: ByteReader): PgoutputMessage {
    const relation = this.#relation(bytes)
    bytes.skip(1)
    return { kind: 'insert', relation, row: readTuple(bytes, relation, []) }
  }

  #update(bytes: ByteReader): PgoutputMessage {
    const relation = this.#relation(bytes)
    let kind = String.fromCharCode(bytes.byte())
    let old: PostgresqlRow | undefined
    if (kind !== 'N') {
      old = readOld(bytes, relation, kind)
      kind = String.fromCharCode(bytes.byte())
    }
    const unchanged: string[] = []
    return { kind: 'update', relation, row: readTuple(bytes, relation, unchanged), old, unchanged }
  }

  #delete(bytes: ByteReader): PgoutputMessage {
    const relation = this.#relation(bytes)
    return { kind: 'delete', relation, old: readOld(bytes, relation, String.fromCharCode(bytes.byte())) }
  }

  #truncate(bytes: ByteReader): PgoutputMessage {
    const count = bytes.int32()
    bytes.skip(1)
    return { kind: 'truncate', relations: Array.from({ length: count }, () => this.#relation(bytes)) }
  }

  #relation(bytes: ByteReader): Relation {
    const relation = this.#relations.get(bytes.int32())
    if (relation === undefined) throw new Error('PostgreSQL: a change of a table that was not announced.')
    return relation
  }
}

/** Of a row that is gone the server tells the key only, unless the table's replica identity is full. */
function readOld(bytes: ByteReader, relation: Relation, kind: string): PostgresqlRow {
  const row = readTuple(bytes, relation, [])
  if (kind === 'K') for (const { name, isKey } of relation.columns) if (!isKey) delete row[name]
  return row
}

function readTuple(bytes: ByteReader, { columns }: Relation, unchanged: string[]): PostgresqlRow {
  const count = bytes.int16()
  const row: PostgresqlRow = {}
  for (let index = 0; index < count; index += 1) {
    const { name, read } = columns[index] as RelationColumn
    switch (bytes.byte()) {
      case 0x6e:
        define(row, name, null)
        break
      case 0x75:
        unchanged.push(name)
        break
      default:
        define(row, name, read(bytes.sized()))
    }
  }
  return row
}

function define(row: PostgresqlRow, name: string, value: unknown): void {
  if (name !== '__proto__') row[name] = value
  else Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true })
}

/** Microseconds since 2000, of which JavaScript's dates keep the milliseconds. */
function timeOf(microseconds: bigint): string {
  const epoch = 946_684_800_000n
  const iso = new Date(Number(microseconds / 1_000n + epoch)).toISOString()
  return `${iso.slice(0, -1)}${String(microseconds % 1_000n).padStart(3, '0')}Z`
}
