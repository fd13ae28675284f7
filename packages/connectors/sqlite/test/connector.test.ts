import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  connectorSuite,
  effectSuite,
  recordStoreSuite,
  sqlSuite,
  notApplicable,
  type EffectCase,
  type Peer,
  type DrivenConnection,
  type Provocation,
  type Target,
} from '@casare/testing'
import Database from 'better-sqlite3'
import { sqlite } from '../src/index.ts'

const memory = new Database(':memory:')
const version = memory.prepare('select sqlite_version()').pluck().get() as string
memory.close()
const peer: Peer = { name: 'SQLite', version, kind: 'real server' }

/** A database of its own with a few rows; `at` has ties. */
async function start(): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), 'casare-conformance-'))
  const path = join(folder, 'test.db')
  const database = new Database(path)
  database.exec(`
    create table people (id integer primary key, name text not null, at integer not null, unique (name));
    create table notes (person integer references people (id), text text);
    insert into people (id, name, at) values (1, 'Ada', 5), (2, 'Grace', 5), (3, 'Edsger', 5), (4, 'Barbara', 7),
      (5, 'Tony', 7), (6, 'Leslie', 8), (7, 'Margaret', 9), (8, 'Donald', 9);`)
  database.close()
  return { config: { path }, close: () => rm(folder, { recursive: true }) }
}

const run = (connection: DrivenConnection, text: string): Promise<unknown> => connection.$.execute('execute', { text })
const provoked = (statement: (text: string) => unknown): Record<string, Provocation> => ({
  invalid_input: { input: statement('selec 1') },
  not_found: { input: statement('delete from nowhere') },
  already_exists: { input: statement("insert into people (id, name, at) values (1, 'x', 1)") },
  conflict: {
    input: statement('insert into notes (person) values (99)'),
    before: (connection) => run(connection, 'select 1'),
  },
})
const statement = (text: string): { text: string } => ({ text })
const rowOf = (number: number) => ({ id: 100 + number, name: `person ${number}`, at: number })

connectorSuite(sqlite, {
  peer,
  entry: import.meta.resolve('../src/index.ts'),
  start,
  examples: {
    query: { input: { text: 'select name from people where at = ?', values: [5] } },
    execute: {
      input: { text: 'insert into people (name, at) values (:name, 1)', values: { name: 'Alan' } },
      before: (db) => run(db, "delete from people where name = 'Alan'"),
    },
    batch: { input: { statements: [{ text: 'update people set at = 10 where id = ?', values: [8] }] } },
    listTables: { input: {} },
    describeTable: { input: { table: 'people' } },
  },
  provocations: {
    query: provoked(statement),
    execute: provoked(statement),
    batch: provoked((text) => ({ statements: [statement(text)] })),
    describeTable: { not_found: { input: { table: 'peopel' } } },
    'rows.read': {
      not_found: { input: { table: 'peopel' } },
      invalid_input: { input: { table: 'people', by: 'att' } },
    },
    'rows.write': {
      not_found: { input: { table: 'peopel', records: [rowOf(1)] } },
      invalid_input: { input: { table: 'people', records: [{ id: 1, name: null, at: 1 }] } },
      already_exists: { input: { table: 'people', records: [{ id: 1, name: 'x', at: 1 }] } },
      conflict: { input: { table: 'notes', records: [{ person: 99 }] } },
    },
  },
  wrongCredentials: notApplicable('SQLite has no credentials: the file system decides.'),
  withSecret: notApplicable('The settings of SQLite hold no secret.'),
  at: notApplicable('SQLite is a file: there is no network.'),
  // Somebody else's write transaction holds the lock.
  async hang({ config }) {
    const other = new Database(config['path'] as string)
    other.exec('begin immediate')
    const release = (): void => void other.close()
    return {
      operation: 'execute',
      input: { text: 'delete from notes' },
      config: { busyTimeoutMs: 20_000 },
      release,
    }
  },
  async echo(connection, text) {
    const { rows } = (await (connection as unknown as { query(input: unknown): Promise<unknown> }).query({
      text: 'select ? as back',
      values: [text],
    })) as { rows: { back: unknown }[] }
    return rows[0]?.back
  },
  streams: {
    rows: {
      read: {
        input: { table: 'people', by: 'at' },
        count: 8,
        change: (connection) => run(connection, 'delete from people where id = 1'),
      },
      write: {
        input: { table: 'people', key: ['id'] },
        record: rowOf,
        poison: { id: 500, name: null, at: 1 },
        async stored(connection, _target, numbers) {
          const { rows } = (await (connection as unknown as { query(input: unknown): Promise<unknown> }).query({
            text: 'select id from people',
          })) as { rows: { id: number }[] }
          return numbers.map((number) => rows.filter(({ id }) => id === 100 + number).length)
        },
      },
    },
  },
})

const insert = 'insert into notes (text) values (?)'
const counted = (input: (id: string) => object): EffectCase => ({
  input,
  applied({ config }, id) {
    const database = new Database(config['path'] as string, { readonly: true })
    const count = database.prepare('select count(*) from notes where text = ?').pluck().get(id) as number
    database.close()
    return count
  },
})

effectSuite(sqlite, {
  peer,
  start,
  at: notApplicable('SQLite is a file: there is no wire.'),
  calls: process.env['CASARE_DEEP'] === '1' ? 1_000 : 50,
  operations: {
    execute: counted((id) => ({ text: insert, values: [id] })),
    query: counted((id) => ({ text: `${insert} returning rowid`, values: [id] })),
    batch: counted((id) => ({ statements: [{ text: insert, values: [id] }] })),
  },
})

recordStoreSuite(sqlite, {
  peer,
  start,
  stream: 'rows',
  createTable: (connection, table) =>
    run(connection, `create table ${table} (id integer primary key, text text, at integer not null)`),
  readInput: (table, incremental) => (incremental ? { table, by: 'at' } : { table }),
  insertInput: (table) => ({ table }),
  upsertInput: (table) => ({ table, key: ['id'] }),
})

sqlSuite(sqlite, {
  peer,
  start: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'casare-sql-'))
    return { config: { path: join(folder, 'test.db') }, close: () => rm(folder, { recursive: true }) }
  },
  placeholder: () => '?',
  quote: (name) => `"${name.replaceAll('"', '""')}"`,
  shortText: 'text',
  strict: 'strict',
  position: notApplicable('SQLite names the word at which it stumbled, not its place.'),
  escapes: [
    'pragma query_only = off',
    'pragma writable_schema = on',
    'commit',
    'begin immediate',
    'attach ":memory:" as x',
  ],
  values: {
    texts: { type: 'text' },
    integers: { type: 'integer' },
    decimals: { type: 'text' },
    floats: { type: 'real', without: Number.isNaN },
    booleans: { type: 'integer', returned: Number },
    times: {
      type: 'text',
      values: ['2026-01-31T10:00:00.123456Z', new Date(0)],
      returned: (value) => (value instanceof Date ? value.toISOString() : value),
    },
    bytes: { type: 'blob' },
    json: { type: 'text', returned: (value) => JSON.stringify(value) },
    arrays: { type: 'text', values: [[], ['a', null], [['b']]], returned: (value) => JSON.stringify(value) },
    ranges: notApplicable('SQLite has no ranges.'),
  },
})
