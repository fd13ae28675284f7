import {
  connectorSuite,
  effectSuite,
  faultProxy,
  notApplicable,
  recordStoreSuite,
  sqlSuite,
  type DrivenConnection,
  type EffectCase,
  type FaultProxy,
  type Peer,
  type Provocation,
  type Target,
} from '@casare/testing'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { postgresql } from '../src/index.ts'
import { negotiateTls, ownDatabase, until, urlAt, type OwnDatabase } from './support.ts'

const people = `
  create table people (id integer primary key, name text not null unique, at integer not null);
  create table numbers (id integer primary key);
  create table notes (person integer references people (id), text text);
  create function double(value integer) returns integer language plpgsql as 'begin
    if value = 1 then raise unique_violation; end if;
    if value = 2 then raise foreign_key_violation; end if;
    return value * 2; end';
  insert into people (id, name, at) values (1, 'Ada', 5), (2, 'Grace', 5), (3, 'Edsger', 5), (4, 'Barbara', 7),
    (5, 'Tony', 7), (6, 'Leslie', 8), (7, 'Margaret', 9), (8, 'Donald', 9);`

const run = (connection: DrivenConnection, text: string, values: unknown[] = []): Promise<unknown> =>
  connection.$.execute('execute', { text, values })
const provoked = (input: (text: string) => unknown): Record<string, Provocation> => ({
  invalid_input: { input: input('selec 1') },
  not_found: { input: input('delete from nowhere') },
  already_exists: { input: input("insert into people (id, name, at) values (1, 'x', 1)") },
  conflict: { input: input('insert into notes (person) values (99)') },
})
const statement = (text: string): { text: string } => ({ text })
const rowOf = (number: number) => ({ id: 100 + number, name: `person ${number}`, at: number })

/** What the suite needs to follow what it sends. */
interface Conformed extends OwnDatabase {
  readonly proxy: FaultProxy
  readonly sent: { readonly number: number; readonly before: string }[]
}

await describeWithPeer('postgresql', {}, (server) => {
  const peer: Peer = {
    name: 'PostgreSQL',
    get version() {
      return server().version ?? 'unknown'
    },
    kind: 'real server',
  }
  const start = async (): Promise<Conformed> => {
    const database = await ownDatabase(server().url, people)
    const proxy = await faultProxy(database.address)
    const url = urlAt(database.config.url, { host: proxy.host, port: proxy.port, secure: false })
    return {
      ...database,
      sent: [],
      proxy,
      config: { url, timeouts: { connectMs: 2_000 } },
      async close() {
        await proxy.close()
        await database.close()
      },
    }
  }
  const conformed = (target: Target): Conformed => target as Conformed
  /** Every connection falls silent; those that are made afterwards are well. */
  const silence = async (target: Target): Promise<void> => {
    const { proxy } = conformed(target)
    const before = proxy.stats.connections
    await proxy.arm({ kind: 'half-open' })
    void until(() => proxy.stats.connections > before, 'a new connection').then(
      () => proxy.heal(),
      () => undefined,
    )
  }
  const at = (
    { config }: { config: Readonly<Record<string, unknown>> },
    address: { host: string; port: number; secure: boolean },
  ) => ({ url: urlAt(config['url'] as string, address) })

  connectorSuite(postgresql, {
    peer,
    entry: import.meta.resolve('../src/index.ts'),
    start,
    examples: {
      query: { input: { text: 'select name from people where at = $1', values: [5] } },
      execute: {
        input: { text: 'insert into people (id, name, at) values (50, $1, 1)', values: ['Alan'] },
        before: (db) => run(db, 'delete from people where id = 50'),
      },
      batch: { input: { statements: [{ text: 'update people set at = 10 where id = $1', values: [8] }] } },
      callFunction: { input: { name: 'double', arguments: [21] } },
      copyIn: {
        input: { table: 'people', body: { text: '60,"Alonzo, C.",3\n' } },
        before: (db) => run(db, 'delete from people where id = 60'),
      },
      copyOut: [{ input: { table: 'people' } }, { input: { query: 'select 1', format: 'text', header: true } }],
      listTables: { input: {} },
      describeTable: { input: { table: 'people' } },
    },
    provocations: {
      query: provoked(statement),
      execute: provoked(statement),
      batch: provoked((text) => ({ statements: [statement(text)] })),
      callFunction: {
        invalid_input: { input: { name: 'double', arguments: ['x'] } },
        not_found: { input: { name: 'doubel', arguments: [1] } },
        already_exists: { input: { name: 'double', arguments: [1] } },
        conflict: { input: { name: 'double', arguments: [2] } },
      },
      copyIn: {
        invalid_input: { input: { table: 'people', body: { text: 'x\n' } } },
        not_found: { input: { table: 'peopel', body: { text: '' } } },
        already_exists: { input: { table: 'people', body: { text: '1,x,1\n' } } },
        conflict: { input: { table: 'notes', body: { text: '99,x\n' } } },
      },
      copyOut: {
        invalid_input: { input: { query: 'select 1) to stdout; select (1' } },
        not_found: { input: { table: 'peopel' } },
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
      url.username = 'nobody_of_this_name'
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
        text: 'select $1::text as back',
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
      notifications: {
        listen: {
          input: { channels: ['Numbers'] },
          async send(target, numbers) {
            // Sent while nobody listens, they are gone: the suite is about those that arrive.
            await until(async () => (await listening(conformed(target))) > 0, 'somebody listens')
            for (const number of numbers)
              await conformed(target).run("select pg_notify('Numbers', $1)", [String(number)])
          },
          numberOf: (event) => Number((event as { payload?: string }).payload ?? -1),
          unacknowledged: notApplicable('The server keeps no notification.'),
          deadLettered: notApplicable('The server keeps no notification.'),
          disconnect: (target) => disconnect(conformed(target)),
          silence: notApplicable('What is sent into silence is lost; a test of its own shows that it is told.'),
          patienceMs: 10_000,
        },
      },
      changes: {
        listen: {
          input: { slot: 'casare_conformance', publication: 'numbers', create: true, tables: [{ table: 'numbers' }] },
          async send(target, numbers) {
            const { run: sql, sent } = conformed(target)
            await until(
              async () => (await sql('select from pg_replication_slots where active')).length > 0,
              'a listener',
            )
            for (const number of numbers) {
              const [place] = await sql('select pg_current_wal_insert_lsn()::text as lsn')
              sent.push({ number, before: String(place?.['lsn']) })
              await sql('insert into numbers values ($1)', [number])
            }
          },
          numberOf: (event) => (event as { row: { id: number } }).row.id,
          async unacknowledged(target) {
            const { run: sql, sent } = conformed(target)
            const [row] = await sql(
              `select count(*)::integer as count from unnest($1::pg_lsn[]) as before
                where before >= (select confirmed_flush_lsn from pg_replication_slots where database = current_database())`,
              [sent.map(({ before }) => before)],
            )
            return Number(row?.['count'])
          },
          deadLettered: notApplicable('The log of the server has no such place: what cannot be handled comes again.'),
          disconnect: (target) => disconnect(conformed(target)),
          silence,
          patienceMs: 20_000,
        },
      },
    },
  })

  const listening = async ({ run: sql }: OwnDatabase): Promise<number> => {
    const rows = await sql(
      "select from pg_stat_activity where datname = current_database() and (query like 'listen%' or query = 'select 1')",
    )
    return rows.length
  }
  const disconnect = async ({ run: sql }: OwnDatabase): Promise<void> => {
    await sql(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )
  }
  const insert = 'insert into notes (text) values ($1)'
  const counted = (input: (id: string) => object): EffectCase<OwnDatabase> => ({
    input,
    async applied(target, id) {
      const [row] = await target.run('select count(*)::integer as count from notes where text = $1', [id])
      return row?.['count'] as number
    },
  })

  effectSuite(postgresql, {
    peer,
    start: () =>
      ownDatabase(
        server().url,
        `create table notes (text text);
         create function note(given text) returns void language sql as 'insert into notes (text) values (given)';`,
      ),
    at,
    calls: process.env['CASARE_DEEP'] === '1' ? 1_000 : 50,
    operations: {
      execute: counted((id) => ({ text: insert, values: [id] })),
      query: counted((id) => ({ text: `${insert} returning text`, values: [id] })),
      batch: counted((id) => ({ statements: [{ text: insert, values: [id] }] })),
      callFunction: counted((id) => ({ name: 'note', arguments: [id] })),
      copyIn: counted((id) => ({ table: 'notes', body: { text: `${id}\n` } })),
    },
  })

  recordStoreSuite(postgresql, {
    peer,
    start: () => ownDatabase(server().url),
    stream: 'rows',
    createTable: (connection, table) =>
      run(connection, `create table ${table} (id integer primary key, text text, at integer not null)`),
    readInput: (table, incremental) => (incremental ? { table, by: 'at' } : { table }),
    insertInput: (table) => ({ table }),
    upsertInput: (table) => ({ table, key: ['id'] }),
  })

  sqlSuite(postgresql, {
    peer,
    start: () => ownDatabase(server().url),
    placeholder: (number) => `$${number}`,
    quote: (name) => `"${name.replaceAll('"', '""')}"`,
    shortText: 'text',
    position: /line 2, column 9/i,
    single: { pool: { max: 1 } },
    escapes: [
      'set default_transaction_read_only = off',
      'set transaction read write',
      'set session characteristics as transaction read write',
      "select set_config('default_transaction_read_only', 'off', false)",
      "select set_config('transaction_read_only', 'off', false)",
      'begin read write',
      'commit',
      ';/* a /* nested */ one */ commit',
      'rollback',
      'reset all',
      'discard all',
    ],
    values: {
      texts: { type: 'text' },
      integers: { type: 'bigint' },
      decimals: {
        type: 'numeric',
        values: ['NaN', 'Infinity', '1e5', `0.${'1'.repeat(500)}`],
        returned: (value) => (value === '1e5' ? '100000' : value),
      },
      floats: { type: 'double precision' },
      booleans: { type: 'boolean' },
      times: {
        type: 'timestamp with time zone',
        values: [
          '2026-01-31T10:00:00.123456Z',
          '0001-01-01T00:00:00Z',
          '12026-01-31T10:00:00Z',
          'infinity',
          '-infinity',
          new Date(0),
          '2026-03-29T02:30:00.000001+02:00',
        ],
        returned: (value) =>
          value instanceof Date
            ? '1970-01-01T00:00:00Z'
            : value === '2026-03-29T02:30:00.000001+02:00'
              ? '2026-03-29T00:30:00.000001Z'
              : value,
      },
      bytes: { type: 'bytea' },
      json: { type: 'jsonb', values: [{ big: 2n ** 63n - 1n, small: -(2n ** 53n) - 1n }] },
      arrays: {
        type: 'text[]',
        values: [
          [],
          ['a', null, 'NULL', ''],
          ['"', '\\', '{', ',', ' x '],
          [
            ['a', 'b'],
            ['c', null],
          ],
        ],
      },
      ranges: { type: 'int8range', values: ['[1,5)', 'empty', '(,9223372036854775807)', '(,)'] },
    },
  })
})
