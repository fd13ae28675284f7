import {
  connectorSuite,
  effectSuite,
  notApplicable,
  recordStoreSuite,
  sqlSuite,
  type DrivenConnection,
  type EffectCase,
  type Peer,
  type Provocation,
} from '@casare/testing'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { mysql } from '../src/index.ts'
import { negotiateTls } from './negotiate-tls.ts'
import { ownDatabase, urlAt, type OwnDatabase } from './support.ts'

const people = [
  'create table people (id integer primary key, name varchar(100) not null unique, at integer not null)',
  'create table notes (person integer references people (id), text varchar(100))',
  `create function twice(value integer) returns integer deterministic begin
    if value = 1 then signal sqlstate '23000' set mysql_errno = 1062, message_text = 'there'; end if;
    if value = 2 then signal sqlstate '23000' set mysql_errno = 1452, message_text = 'missing'; end if;
    return value * 2; end`,
  `create procedure both_of(in value integer) begin
    if value = 1 then signal sqlstate '23000' set mysql_errno = 1062, message_text = 'there'; end if;
    if value = 2 then signal sqlstate '23000' set mysql_errno = 1452, message_text = 'missing'; end if;
    select value as first; select name from people where id = value; end`,
  `insert into people (id, name, at) values (1, 'Ada', 5), (2, 'Grace', 5), (3, 'Edsger', 5), (4, 'Barbara', 7),
    (5, 'Tony', 7), (6, 'Leslie', 8), (7, 'Margaret', 9), (8, 'Donald', 9)`,
]

const run = (connection: DrivenConnection, text: string, values: unknown[] = []): Promise<unknown> =>
  connection.$.execute('execute', { text, values })
const provoked = (input: (text: string) => unknown): Record<string, Provocation> => ({
  invalid_input: { input: input('selec 1') },
  not_found: { input: input('delete from nowhere') },
  already_exists: { input: input("insert into people (id, name, at) values (1, 'x', 1)") },
  conflict: { input: input('insert into notes (person) values (99)') },
})
const called = (name: string): Record<string, Provocation> => ({
  invalid_input: { input: { name, arguments: ['x'] } },
  not_found: { input: { name: 'nowhere', arguments: [1] } },
  already_exists: { input: { name, arguments: [1] } },
  conflict: { input: { name, arguments: [2] } },
})
const statement = (text: string): { text: string } => ({ text })
const rowOf = (number: number) => ({ id: 100 + number, name: `person ${number}`, at: number })

await describeWithPeer('mysql', {}, (server) => {
  const peer: Peer = {
    name: 'MariaDB',
    get version() {
      return server().version ?? 'unknown'
    },
    kind: 'real server',
  }
  const start = (): Promise<OwnDatabase> => ownDatabase(server().url, ...people)
  const at = (
    { config }: { config: Readonly<Record<string, unknown>> },
    address: { host: string; port: number; secure: boolean },
  ) => ({ url: urlAt(config['url'] as string, address), secure: address.secure })

  connectorSuite(mysql, {
    peer,
    entry: import.meta.resolve('../src/index.ts'),
    start,
    examples: {
      query: { input: { text: 'select name from people where at = ?', values: [5] } },
      execute: {
        input: { text: 'insert into people (id, name, at) values (50, ?, 1)', values: ['Alan'] },
        before: (db) => run(db, 'delete from people where id = 50'),
      },
      batch: { input: { statements: [{ text: 'update people set at = 10 where id = ?', values: [8] }] } },
      callFunction: { input: { name: 'twice', arguments: [21] } },
      callProcedure: { input: { name: 'both_of', arguments: [3] } },
      loadData: {
        input: { table: 'people', body: { text: '50\tAlan\t1\n' } },
        before: (db) => run(db, 'delete from people where id = 50'),
      },
      listTables: { input: {} },
      describeTable: { input: { table: 'people' } },
    },
    provocations: {
      query: provoked(statement),
      execute: provoked(statement),
      batch: provoked((text) => ({ statements: [statement(text)] })),
      callFunction: called('twice'),
      callProcedure: called('both_of'),
      loadData: {
        invalid_input: { input: { table: 'people', body: { text: 'x\tAlan\t1\n' } } },
        not_found: { input: { table: 'peopel', body: { text: '1\tAlan\t1\n' } } },
        already_exists: { input: { table: 'people', body: { text: '1\tAlan\t1\n' } } },
        conflict: { input: { table: 'notes', body: { text: '99\tmissing\n' } } },
      },
      describeTable: { not_found: { input: { table: 'peopel' } }, invalid_input: { input: { table: 'a\0b' } } },
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
    wrongCredentials: ({ config }) => {
      const url = new URL(config['url'] as string)
      url.password = 'certainly-wrong'
      return { url: url.href }
    },
    withSecret: ({ config }, secret) => {
      const url = new URL(config['url'] as string)
      url.password = encodeURIComponent(secret)
      return { url: url.href }
    },
    at,
    negotiateTls,
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
          async stored(_connection, target, numbers) {
            const rows = await (target as OwnDatabase).run('select id from people')
            return numbers.map((number) => rows.filter(({ id }) => id === 100 + number).length)
          },
        },
      },
    },
  })

  const insert = 'insert into notes (text) values (?)'
  const counted = (input: (id: string) => object): EffectCase<OwnDatabase> => ({
    input,
    async applied(target, id) {
      const [row] = await target.run('select count(*) as count from notes where text = ?', [id])
      return Number(row?.['count'])
    },
  })

  effectSuite(mysql, {
    peer,
    start: () =>
      ownDatabase(
        server().url,
        'create table notes (text varchar(100))',
        'create procedure note(in given varchar(100)) insert into notes (text) values (given)',
        `create function noted(given varchar(100)) returns integer deterministic modifies sql data begin
          insert into notes (text) values (given); return 1; end`,
      ),
    at,
    calls: process.env['CASARE_DEEP'] === '1' ? 1_000 : 50,
    operations: {
      execute: counted((id) => ({ text: insert, values: [id] })),
      query: counted((id) => ({ text: insert, values: [id] })),
      batch: counted((id) => ({ statements: [{ text: insert, values: [id] }] })),
      callFunction: counted((id) => ({ name: 'noted', arguments: [id] })),
      loadData: counted((id) => ({ table: 'notes', body: { text: `${id}\n` } })),
      callProcedure: counted((id) => ({ name: 'note', arguments: [id] })),
    },
  })

  recordStoreSuite(mysql, {
    peer,
    start: () => ownDatabase(server().url),
    stream: 'rows',
    createTable: (connection, table) =>
      run(connection, `create table ${table} (id integer primary key, text text, at integer not null)`),
    readInput: (table, incremental) => (incremental ? { table, by: 'at' } : { table }),
    insertInput: (table) => ({ table }),
    upsertInput: (table) => ({ table, key: ['id'] }),
  })

  const scale = 9
  const scaled = (value: unknown): string => {
    const [whole = '0', fraction = ''] = String(value).split('.')
    return `${whole}.${fraction.padEnd(scale, '0')}`
  }
  sqlSuite(mysql, {
    peer,
    start: () => ownDatabase(server().url),
    placeholder: () => '?',
    quote: (name) => `\`${name.replaceAll('`', '``')}\``,
    shortText: 'varchar(100)',
    position: /line 2/i,
    // Names are of the characters up to U+FFFF (https://dev.mysql.com/doc/refman/8.4/en/identifiers.html).
    impossibleName: (name) => /[\u{10000}-\u{10ffff}]/u.test(name),
    single: { pool: { max: 1 } },
    escapes: [
      'set session transaction read write',
      'set transaction read write',
      'set @@session.tx_read_only = 0',
      'set autocommit = 0',
      'begin',
      'start transaction read write',
      'commit',
      '/*! commit */',
      '/*M! commit */',
      '/* a */ commit',
      '-- a\ncommit',
      'rollback',
      'xa start "x"',
      'create table made (id integer)',
      'drop table people',
      'truncate people',
      'set statement max_statement_time = 1 for delete from people',
    ],
    values: {
      texts: { type: 'longtext' },
      integers: { type: 'bigint' },
      decimals: { type: `decimal(65, ${scale})`, returned: scaled },
      floats: { type: 'double', without: (value) => !Number.isFinite(value) },
      booleans: { type: 'boolean', returned: (value) => (value === true ? 1 : 0) },
      times: {
        type: 'datetime(6)',
        values: [
          '2026-01-31 10:00:00.123456',
          '2026-01-31T10:00:00.000001',
          '0001-01-01 00:00:00',
          '9999-12-31 23:59:59.999999',
          new Date(0),
          new Date('2026-03-29T00:30:00.250Z'),
        ],
        returned: (value) =>
          value instanceof Date
            ? value.getTime() === 0
              ? '1970-01-01T00:00:00'
              : '2026-03-29T00:30:00.250000'
            : String(value).replace(' ', 'T'),
      },
      bytes: { type: 'longblob' },
      json: { type: 'json', values: [{ big: 2n ** 63n - 1n, small: -(2n ** 53n) - 1n }] },
      arrays: notApplicable('MySQL has no arrays.'),
      ranges: notApplicable('MySQL has no ranges.'),
    },
  })
})
