import type { UniformConfig } from '@casare/core'
import { faultProxy, type FaultProxy } from '@casare/testing'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { postgresql, type PostgresqlConfig } from '../src/index.ts'
import { ownDatabase, until, urlAt, type OwnDatabase } from './support.ts'

await describeWithPeer('postgresql', {}, (server) => {
  let database: OwnDatabase
  const open: { close(): Promise<unknown> }[] = []
  beforeEach(async () => {
    database = await ownDatabase(
      server().url,
      `create table things (id integer primary key, name text, at integer);
       create table measures (id bigint generated always as identity primary key, kind text, value numeric, tags text[]);`,
    )
  })
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close()
    await database.close()
  })
  const connect = (config: Partial<PostgresqlConfig> & UniformConfig = {}) => {
    const db = postgresql({ ...database.config, ...config })
    open.push(db)
    return db
  }
  const through = async (): Promise<{ proxy: FaultProxy; url: string }> => {
    const proxy = await faultProxy(database.address)
    open.push(proxy)
    return { proxy, url: urlAt(database.config.url, { host: proxy.host, port: proxy.port, secure: false }) }
  }
  const busy = async (): Promise<string[]> => {
    const rows = await database.run(
      "select query from pg_stat_activity where datname = current_database() and state = 'active' and pid <> pg_backend_pid()",
    )
    return rows.map(({ query }) => String(query))
  }

  describe('statements', () => {
    test('query, execute, batch, sql and callFunction', async () => {
      const db = connect()
      expect(
        await db.execute({ text: "insert into things values ($1, $2, 3), (2, 'b', 4)", values: [1, 'a'] }),
      ).toEqual({
        changes: 2,
      })
      expect(
        await db.query<{ id: number }>({ text: 'select id from things where at > $1 order by id', values: [2] }),
      ).toEqual({ rows: [{ id: 1 }, { id: 2 }] })
      expect(await db.sql<{ name: string }>`select name from things where id = ${2} and at = any (${[4, 5]})`).toEqual([
        { name: 'b' },
      ])
      await expect(db.sql('select 1' as never)).rejects.toMatchObject({ code: 'invalid_input' })
      expect(await db.execute({ text: 'select * from things' })).toEqual({ changes: 0 })
      expect(await db.callFunction({ name: 'int4larger', arguments: [3, 5], schema: 'pg_catalog' })).toEqual({
        rows: [{ int4larger: 5 }],
      })
      expect(await db.callFunction({ name: 'make_interval', arguments: { days: 2, hours: 1 } })).toEqual({
        rows: [{ make_interval: '2 days 01:00:00' }],
      })
      await expect(
        db.batch({ statements: [{ text: 'delete from things' }, { text: 'selec 1' }] }),
      ).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringContaining('statements[1]') })
    })

    test('values that only PostgreSQL has', async () => {
      const db = connect()
      const { rows } = await db.query({
        text: `select $1::float8 as zero, '0044-03-15 12:00:00+00 BC'::timestamptz as ides, $2::timestamptz as far,
          '{{1,NULL},{3,4}}'::int8[] as grid, '{"a b",NULL,"x\\"y"}'::text[] as texts, '[0:1]={7,8}'::int[] as bounds,
          '{"big": 123456789012345678901, "float": 1.5}'::jsonb as document, '\\x00ff'::bytea as bytes,
          array['\\x01'::bytea] as list, '{1.5,NaN}'::float8[] as floats, null::int[] as nothing, '(1,2)'::point as point`,
        values: [-0, new Date(Date.UTC(12026, 0, 1))],
      })
      expect(rows[0]).toEqual({
        zero: -0,
        ides: '0044-03-15 12:00:00+00 BC',
        far: '12026-01-01T00:00:00Z',
        grid: [
          [1n, null],
          [3n, 4n],
        ],
        texts: ['a b', null, 'x"y'],
        bounds: [7, 8],
        document: { big: 123456789012345678901n, float: 1.5 },
        bytes: Buffer.from([0, 255]),
        list: [Buffer.from([1])],
        floats: [1.5, NaN],
        nothing: null,
        point: '(1,2)',
      })
      await database.run(
        "alter database current_database set timezone to 'Asia/Kathmandu'".replace(
          'current_database',
          new URL(database.config.url).pathname.slice(1),
        ),
      )
      const elsewhere = connect()
      expect(
        (await elsewhere.query({ text: "select '2026-12-31 23:59:59.999999+00'::timestamptz as at" })).rows,
      ).toEqual([{ at: '2026-12-31T23:59:59.999999Z' }])
    })

    test('a statement is prepared when it comes again, and is let go of when there are too many', async () => {
      const db = connect({ maxStatements: 3, pool: { max: 1 } })
      for (let round = 0; round < 3; round += 1)
        for (let number = 0; number < 5; number += 1) {
          const text = `select ${number} as number, $1::int as value`
          for (const value of [1, 2])
            expect((await db.query({ text, values: [value] })).rows).toEqual([{ number, value }])
        }
      const { rows } = await db.query({ text: 'select count(*)::int as count from pg_prepared_statements' })
      expect(rows[0]?.['count']).toBeLessThanOrEqual(3)
      expect(rows[0]?.['count']).toBeGreaterThan(0)
    })

    test('a table that changes under a prepared statement is no failure', async () => {
      const db = connect({ pool: { max: 1 } })
      const text = 'select * from things'
      for (let times = 0; times < 3; times += 1) await db.query({ text })
      await database.run("alter table things add column more integer default 7; insert into things values (1, 'a', 2)")
      expect((await db.query({ text })).rows).toEqual([{ id: 1, name: 'a', at: 2, more: 7 }])
    })

    test('what a session would keep is not there for the next caller', async () => {
      const db = connect({ pool: { max: 1 } })
      await db.execute({ text: "set application_name = 'mine'" })
      expect((await db.query({ text: 'show application_name' })).rows).toEqual([{ application_name: 'casare' }])
      await expect(db.execute({ text: 'begin' })).rejects.toMatchObject({
        code: 'invalid_input',
        message: expect.stringContaining('transaction'),
      })
      await db.execute({ text: "insert into things values (1, 'a', 1)" })
      expect(await database.run('select name from things')).toEqual([{ name: 'a' }])
    })

    test('more rows than allowed: refused, and the connection works on', async () => {
      const db = connect({ maxRows: 10, pool: { max: 1 } })
      await expect(db.query({ text: 'select generate_series(1, 11)' })).rejects.toMatchObject({ code: 'invalid_input' })
      expect((await db.query({ text: 'select generate_series(1, 10)' })).rows).toHaveLength(10)
    })

    test.each(['copy things from stdin', ' /* x */ COPY things to stdout', "copy things to program 'id'"])(
      'COPY by another way is refused: %s',
      async (text) => {
        await expect(connect().execute({ text })).rejects.toMatchObject({ code: 'invalid_input', applied: 'no' })
      },
    )
  })

  test('reading holds no connection that somebody else waits for', async () => {
    await database.run("insert into things select i, 'name ' || i, i from generate_series(1, 50) i")
    const db = connect({ pool: { max: 2 } })
    const copies = await Promise.all(
      [1, 2, 3].map(async (copy) => {
        const ids: unknown[] = []
        for await (const { id } of db.rows.read({ table: 'things', pageSize: 5 })) {
          await db.execute({ text: 'update things set at = at + 1 where id = $1', values: [id] })
          ids.push(id)
        }
        return [copy, ids.length]
      }),
    )
    expect(copies).toEqual([1, 2, 3].map((copy) => [copy, 50]))
    expect(await database.run('select sum(at)::int as sum from things')).toEqual([{ sum: 1_275 + 150 }])
  })

  describe('COPY', () => {
    const textOf = async (body: unknown): Promise<string> => {
      const chunks: Uint8Array[] = []
      for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk)
      return Buffer.concat(chunks).toString()
    }

    test('rows go out and in again, with every option', async () => {
      const db = connect({ pool: { max: 1 } })
      await database.run("insert into things values (1, 'a;''b', 1), (2, null, 2)")
      const options = { header: true, delimiter: ';', nullText: "n'u\\ll" }
      const { body } = await db.copyOut({ table: 'things', ...options })
      const text = await textOf(body)
      expect(text).toBe('id;name;at\n1;"a;\'b";1\n2;n\'u\\ll;2\n')
      await database.run('delete from things')
      expect(await db.copyIn({ table: 'things', ...options, body: { text } })).toEqual({ rows: 2 })
      const binary = await db.copyOut({ query: 'select id, name from things -- all of them', format: 'binary' })
      await database.run('truncate things')
      // A stream that is not over holds up others: it is read first.
      const bytes = await textOf(binary.body)
      expect(bytes.startsWith('PGCOPY')).toBe(true)
    })

    test('a stream of any length, at the pace of its reader', async () => {
      const db = connect({ pool: { max: 1 } })
      const { body } = await db.copyOut({ query: "select repeat('x', 1000) from generate_series(1, 20000)" })
      let length = 0
      let most = 0
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        length += chunk.length
        most = Math.max(most, chunk.length)
        await new Promise((resolve) => setImmediate(resolve))
      }
      expect(length).toBe(20_000 * 1_001)
      expect(most).toBeLessThan(2_000_000)
      expect((await db.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }])
    })

    test('a reader that goes away ends it; nothing can be changed by it; a body that fails stores nothing', async () => {
      const db = connect({ pool: { max: 1 } })
      const { body } = await db.copyOut({ query: 'select generate_series(1, 100000000)' })
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        expect(chunk.length).toBeGreaterThan(0)
        break
      }
      await until(async () => (await busy()).length === 0, 'the server has stopped')
      await expect(db.copyOut({ query: "insert into things values (9, 'x', 1) returning id" })).rejects.toMatchObject({
        code: 'permission_denied',
      })
      const failing = async function* () {
        yield Buffer.from('1,a,1\n')
        throw new Error('the source broke')
      }
      await expect(db.copyIn({ table: 'things', body: failing() })).rejects.toMatchObject({
        message: expect.stringContaining('the source broke'),
      })
      expect(await database.run('select * from things')).toEqual([])
      expect((await db.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }])
    })
  })

  describe('the server stops too', () => {
    test('when a call is aborted, in and out of a transaction', async () => {
      const db = connect({ pool: { max: 1 } })
      for (const inside of [false, true]) {
        const controller = new AbortController()
        const sleep = { text: 'select pg_sleep(60)' }
        const options = { signal: controller.signal }
        const call = inside ? db.transaction((tx) => tx.query(sleep, options)) : db.query(sleep, options)
        const failed = expect(call).rejects.toMatchObject({ code: 'cancelled' })
        await until(async () => (await busy()).includes(sleep.text), 'the statement runs')
        controller.abort()
        await failed
        await until(async () => !(await busy()).includes(sleep.text), 'the statement has ended')
        // The same server connection serves the next call, and no late request cancels that.
        expect((await db.query({ text: 'select pg_sleep(0.05), 1 as one' })).rows).toMatchObject([{ one: 1 }])
      }
    })

    test('at the time limit, and by its own limit where nobody can tell it', async () => {
      const { proxy, url } = await through()
      const db = postgresql({ url, resilience: false })
      open.push(db)
      await db.query({ text: 'select 1' })
      await expect(db.query({ text: 'select pg_sleep(61)' }, { timeoutMs: 50, effect: 'read' })).rejects.toMatchObject({
        code: 'timeout',
      })
      await until(async () => !(await busy()).includes('select pg_sleep(61)'), 'the statement has ended')
      await proxy.arm({ kind: 'half-open', direction: 'response' })
      const lost = db.query({ text: 'select pg_sleep(62)' }, { timeoutMs: 900, effect: 'read' })
      const failed = expect(lost).rejects.toMatchObject({ applied: 'no' })
      await until(async () => (await busy()).includes('select pg_sleep(62)'), 'the statement runs')
      proxy.resetConnections()
      await proxy.arm({ kind: 'refuse' })
      await failed
      await until(
        async () => !(await busy()).includes('select pg_sleep(62)'),
        'the server has ended the statement by its limit',
      )
    })
  })
})
