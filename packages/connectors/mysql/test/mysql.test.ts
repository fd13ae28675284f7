import { writeFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { faultProxy } from '@casare/testing'
import { describeWithPeer, startPrivatePeer } from '../../../../tools/peers/src/index.ts'
import { mysql } from '../src/index.ts'
import { certifiedServer } from './certified-server.ts'
import { rogueServer } from './rogue-server.ts'
import { collect, ownDatabase, until, urlAt, type OwnDatabase } from './support.ts'

const endings: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

function connect(config: Parameters<typeof mysql>[0]) {
  const connection = mysql(config)
  endings.push(() => connection.close())
  return connection
}

await describeWithPeer('mysql', {}, (server) => {
  async function own(...setUp: string[]): Promise<OwnDatabase> {
    const database = await ownDatabase(server().url, ...setUp)
    endings.push(() => database.close())
    return database
  }

  test('points in time come back in UTC, with and without their zone', async () => {
    const { config } = await own(
      'create table times (id integer primary key, instant timestamp(6) null, local datetime(3), day date, span time(1), year year)',
    )
    const db = connect(config)
    const record = {
      id: 1,
      instant: '2026-03-29T02:30:00.000001+02:00',
      local: '2026-03-29T02:30:00.250',
      day: '2026-03-29',
      span: '-101:30:00.5',
      year: 2026,
    }
    expect(await db.rows.write([record], { table: 'times' })).toMatchObject({ succeeded: 1 })
    await db.execute({
      text: 'insert into times (id, instant, local) values (?, ?, ?)',
      values: [2, '2026-03-29T00:30:00Z', new Date(0)],
    })
    const { rows } = await db.query({ text: 'select * from times order by id' })
    expect(rows).toEqual([
      { ...record, instant: '2026-03-29T00:30:00.000001Z' },
      { id: 2, instant: '2026-03-29T00:30:00Z', local: '1970-01-01T00:00:00', day: null, span: null, year: null },
    ])
    const read = await collect(db.rows.read({ table: 'times', by: 'instant' }, { pageSize: 1 }))
    expect(read.map(({ id }) => id)).toEqual([2, 1])
  })

  test('exact comparisons: 64-bit integers, decimals as a position, unsigned', async () => {
    const { config } = await own(
      'create table numbers (id bigint unsigned primary key, price decimal(30, 10) not null)',
      "insert into numbers values (9007199254740992, '0.1'), (9007199254740993, '12345678901234567890.0000000001'), (18446744073709551615, '12345678901234567890.0000000002')",
    )
    const db = connect(config)
    const found = await db.query({ text: 'select id from numbers where id = ?', values: [9007199254740993n] })
    expect(found.rows).toEqual([{ id: 9007199254740993n }])
    const pages = await collect(db.rows.read({ table: 'numbers', by: 'price' }, { pageSize: 1 }).pages())
    expect(pages.flatMap(({ records }) => records).map(({ id }) => id)).toEqual([
      9007199254740992n,
      9007199254740993n,
      18446744073709551615n,
    ])
    expect((await db.query({ text: 'select id from numbers limit ?', values: [1] })).rows).toHaveLength(1)
    expect((await db.query({ text: 'select 0.1e0 + 0.2e0 as float64' })).rows).toEqual([
      { float64: 0.30000000000000004 },
    ])
    expect((await db.query({ text: 'select 1 as `__proto__`' })).rows).toEqual([
      Object.defineProperty({}, '__proto__', { value: 1, enumerable: true }),
    ])
  })

  test('a procedure gives every result; what it left open or changed does not reach the next caller', async () => {
    const { config } = await own(
      'create table t (id integer primary key)',
      'create procedure two() begin select 1 as a; insert into t values (1), (2); select 2 as b union select 3; end',
      'create procedure leaves() begin start transaction; insert into t values (9); end',
    )
    const db = connect({ ...config, pool: { max: 1 } })
    expect(await db.callProcedure({ name: 'two' })).toMatchObject({ results: [[{ a: 1 }], [{ b: 2 }, { b: 3 }]] })
    await expect(db.callProcedure({ name: 'leaves' })).rejects.toMatchObject({ code: 'invalid_input' })
    expect((await db.query({ text: 'select id from t order by id' })).rows).toEqual([{ id: 1 }, { id: 2 }])
    await db.execute({ text: 'set @mine = 5' })
    expect((await db.query({ text: 'select @mine as mine' })).rows).toEqual([{ mine: null }])
  })

  test('OUT and INOUT parameters come with their types, beside the results', async () => {
    const { config } = await own(
      `create procedure many(in a int, out total decimal(10,3), inout word varchar(20), out at datetime(3), out large bigint unsigned, out raw blob)
        begin select 1 as x; set total = a * 1.5; set word = concat(word, '!'); set at = '2026-01-01 10:00:00.250';
        set large = 18446744073709551615; set raw = x'00ff'; end`,
      'create procedure silent(out `__proto__` int) set `__proto__` = 5',
      'create procedure looks_so(in total int) select total',
      'create procedure fails(out total int) begin set total = 1; signal sqlstate "45000" set message_text = "no"; end',
    )
    const db = connect(config)
    const out = {
      total: '4.500',
      word: 'hi!',
      at: '2026-01-01T10:00:00.250',
      large: 2n ** 64n - 1n,
      raw: Buffer.of(0, 255),
    }
    const call = { name: 'many', arguments: [3, null, 'hi', null, null, null] }
    expect(await db.callProcedure(call)).toEqual({ results: [[{ x: 1 }]], out, changes: 0 })
    const silent = await db.callProcedure({ name: 'silent', arguments: [null] })
    expect([silent.results, Object.entries(silent.out)]).toEqual([[], [['__proto__', 5]]])
    expect(await db.callProcedure({ name: 'looks_so', arguments: [7] })).toMatchObject({
      results: [[{ total: 7 }]],
      out: {},
    })
    await expect(db.callProcedure({ name: 'fails', arguments: [null] })).rejects.toMatchObject({
      code: 'invalid_input',
    })
    await db.transaction(async (tx) => {
      expect((await tx.callProcedure({ ...call, schema: new URL(config.url).pathname.slice(1) })).out).toEqual(out)
    })
  })

  test('an aborted call ends on the server, and the connection serves the next one', async () => {
    const { config, run } = await own()
    const db = connect({ ...config, pool: { max: 1 } })
    const connectionId = async (): Promise<unknown> => (await db.query({ text: 'select connection_id() as id' })).rows
    const before = await connectionId()
    const controller = new AbortController()
    const sleeping = db.query({ text: 'select sleep(60) as casare_sleep' }, { signal: controller.signal })
    sleeping.catch(() => undefined)
    const isRunning = async (): Promise<boolean> =>
      (await run("select id from information_schema.processlist where info like 'select sleep%casare_sleep'")).length >
      0
    await until(isRunning, 'the statement runs')
    controller.abort(new Error('enough'))
    await expect(sleeping).rejects.toMatchObject({ code: 'cancelled' })
    await until(async () => !(await isRunning()), 'the server stops')
    // Killed was the statement, not the connection.
    expect(await connectionId()).toEqual(before)
  })

  test('a statement that runs for nearly as long as readMs is ended by the server', async () => {
    const { config } = await own('create table t (n integer)', 'insert into t select seq from seq_1_to_1000')
    const db = connect({ ...config, resilience: false, timeouts: { readMs: 3_000 } })
    const endless = { text: 'select count(*) as n from t a, t b, t c, t d' }
    await expect(db.query(endless, { effect: 'read' })).rejects.toMatchObject({ code: 'timeout', vendorCode: '1969' })
  })

  test('a pool that is used up: unavailable, nothing applied', async () => {
    const { config } = await own('create table t (id integer primary key)')
    const db = connect({ ...config, pool: { max: 1, acquireMs: 100 }, resilience: false })
    await db.transaction(async () => {
      await expect(db.execute({ text: 'insert into t values (1)' })).rejects.toMatchObject({
        code: 'unavailable',
        applied: 'no',
        message: expect.stringContaining('pool.max'),
      })
    })
  })

  test('a deadlock is a conflict, ends its transaction, and is repeated where that was asked for', async () => {
    const { config } = await own(
      'create table t (id integer primary key, n integer)',
      'insert into t values (1, 0), (2, 0)',
    )
    const db = connect(config)
    const grow = (id: number) => ({ text: 'update t set n = n + 1 where id = ?', values: [id] })
    async function race(retries: number): Promise<PromiseSettledResult<unknown>[]> {
      const both = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      let firsts = 0
      const one = (mine: number, other: number) =>
        db.transaction(
          async (tx) => {
            await tx.execute(grow(mine))
            both[mine - 1]?.resolve()
            firsts += 1
            if (firsts <= 2) await both[other - 1]?.promise
            try {
              await tx.execute(grow(other))
            } catch (error) {
              await expect(tx.execute(grow(mine))).rejects.toMatchObject({ message: expect.stringContaining('over') })
              throw error
            }
          },
          { retries },
        )
      return Promise.allSettled([one(1, 2), one(2, 1)])
    }
    const failed = (await race(0)).filter(({ status }) => status === 'rejected') as PromiseRejectedResult[]
    expect(failed.map(({ reason }) => [reason.code, reason.vendorCode, reason.applied])).toEqual([
      ['conflict', '1213', 'no'],
    ])
    expect((await race(5)).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
    expect((await db.query({ text: 'select n from t order by id' })).rows).toEqual([{ n: 3 }, { n: 3 }])
  })

  test.each(['create table made (id integer)', '/*! commit */', 'commit', 'set autocommit = 1', 'drop table t'])(
    'in a transaction or batch, what would commit is refused: %s',
    async (text) => {
      const { config, run } = await own('create table t (id integer primary key)')
      const db = connect(config)
      await expect(
        db.transaction(async (tx) => {
          await tx.execute({ text: 'insert into t values (1)' })
          await tx.execute({ text })
        }),
      ).rejects.toMatchObject({ code: 'invalid_input' })
      await expect(db.batch({ statements: [{ text: 'insert into t values (2)' }, { text }] })).rejects.toMatchObject({
        code: 'invalid_input',
      })
      expect(await run('select * from t')).toEqual([])
    },
  )

  test('a commit whose answer is lost: nobody can tell; one that was never sent did nothing', async () => {
    const database = await own('create table t (id integer primary key)')
    const proxy = await faultProxy(database.address)
    endings.push(() => proxy.close())
    const url = urlAt(database.config.url, proxy)
    const db = connect({ url, resilience: false })
    await db.$.open()
    const insert = (id: number, after: () => Promise<unknown>) =>
      db.transaction(async (tx) => {
        await tx.execute({ text: 'insert into t values (?)', values: [id] })
        await after()
      })
    await expect(insert(1, () => proxy.arm({ kind: 'cut' }))).rejects.toMatchObject({
      code: 'outcome_unknown',
      applied: 'maybe',
    })
    await until(async () => (await database.run('select * from t')).length === 1, 'it was committed all the same')
    await expect(
      db.transaction(async (tx) => {
        await tx.execute({ text: 'insert into t values (2)' })
        await proxy.arm({ kind: 'cut' })
        await tx.execute({ text: 'insert into t values (3)' })
      }),
    ).rejects.toMatchObject({ code: 'unavailable', applied: 'no' })
    expect(await database.run('select id from t')).toEqual([{ id: 1 }])
  })

  test('rows are written by key, and a key without an index is refused', async () => {
    const { config, run } = await own(
      'create table t (id integer primary key, code varchar(20) unique, n integer, key part (n))',
    )
    const db = connect(config)
    const count = 2_500
    const rows = Array.from({ length: count }, (_one, id) => ({ id, code: `c${id}`, n: id }))
    expect(await db.rows.write(rows, { table: 't', key: ['id'] })).toEqual({ succeeded: count, failed: [] })
    expect(
      await db.rows.write(
        rows.map((row) => ({ ...row, n: 0 })),
        { table: 't', key: ['id'], onConflict: 'ignore' },
      ),
    ).toMatchObject({ succeeded: count })
    expect(await run('select count(*) as count, sum(n) as sum from t')).toEqual([
      { count, sum: String((count * (count - 1)) / 2) },
    ])
    const { failed } = await db.rows.write([{ id: 1, n: 1 }], { table: 't', key: ['n'] })
    expect(failed[0]?.error).toMatchObject({ code: 'invalid_input', message: expect.stringContaining('unique index') })
    const wide = await db.rows.write(
      [
        { id: 5_000, code: 'x'.repeat(30) },
        { id: 5_001, n: 3_000_000_000 },
        { id: 5_002, n: 1 },
      ],
      { table: 't' },
    )
    expect(wide.failed.map(({ index, error }) => [index, error.code])).toEqual([
      [0, 'invalid_input'],
      [1, 'invalid_input'],
    ])
  })

  test('large values go in pieces of their own', async () => {
    const { config, run } = await own('create table t (id integer primary key, body longblob)')
    const db = connect(config)
    const body = Buffer.alloc(700_000, 7)
    const { succeeded } = await db.rows.write(
      Array.from({ length: 30 }, (_one, id) => ({ id, body })),
      { table: 't' },
    )
    expect(succeeded).toBe(30)
    expect(await run('select count(*) as count, min(length(body)) as least from t')).toEqual([
      { count: 30, least: body.length },
    ])
  })

  test('a table of many rows is read in bounded pages, each row once', async () => {
    const { config } = await own(
      'create table t (a integer, b varchar(20), primary key (a, b))',
      "insert into t select seq div 7, concat('r', seq) from seq_1_to_20000",
    )
    const seen = new Set<string>()
    let count = 0
    for await (const page of connect(config).rows.read({ table: 't' }, { pageSize: 999 }).pages()) {
      expect(page.records.length).toBeLessThanOrEqual(999)
      for (const { b } of page.records) seen.add(String(b))
      count += page.records.length
    }
    expect([count, seen.size]).toEqual([20_000, 20_000])
  })

  test.each([
    ['http://localhost/db', /mysql:\/\//],
    ['mysql://localhost/db?ssl=false', /parameters/],
    ['mysql://localhost/db?flags=LOCAL_FILES', /parameters/],
  ])('the url %s is refused', async (url, message) => {
    await expect(connect({ url }).query({ text: 'select 1' })).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(message),
    })
  })

  test('LOAD DATA is refused in every spelling', async () => {
    const { config } = await own()
    const db = connect(config)
    for (const text of [
      "load data local infile '/etc/passwd' into table t",
      "/* a */ LOAD DATA INFILE 'x' into table t",
    ])
      await expect(db.execute({ text })).rejects.toMatchObject({ code: 'invalid_input' })
  })
})

test.each([true, false])('a server that asks for a file of ours gets nothing (at once: %s)', async (asksAtOnce) => {
  const folder = await mkdtemp(join(tmpdir(), 'casare-mysql-'))
  endings.push(() => rm(folder, { recursive: true }))
  const path = join(folder, 'secret.txt')
  await writeFile(path, 'the content of the file')
  const server = await rogueServer(path, asksAtOnce)
  endings.push(() => server.close())
  const db = connect({ host: '127.0.0.1', port: server.port, resilience: false, timeouts: { readMs: 500 } })
  const error: unknown = await db.query({ text: 'select 1' }).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject(asksAtOnce ? { code: 'permission_denied', applied: 'no' } : { code: expect.any(String) })
  expect(server.received().toString('latin1')).not.toContain('content')
})

test('a server that is killed: calls fail as what they are, and go on when it is back', async () => {
  const peer = await startPrivatePeer('mysql', { tls: false })
  endings.push(() => peer.stop())
  const db = connect({ url: `${peer.url}mysql`, resilience: false })
  await db.query({ text: 'select 1' })
  const running = db.execute({ text: 'do sleep(30)' })
  running.catch(() => undefined)
  await until(
    async () =>
      (await db.query({ text: "select id from information_schema.processlist where info like 'do sleep%'" })).rows
        .length > 0,
    'the statement runs',
  )
  process.kill(peer.processId, 'SIGKILL')
  await expect(running).rejects.toMatchObject({ code: 'outcome_unknown', applied: 'maybe', retryable: false })
  await expect(db.query({ text: 'select 1' }, { effect: 'read' })).rejects.toMatchObject({
    code: 'unavailable',
    applied: 'no',
  })
}, 60_000)

await describeWithPeer('mysql', { tls: true }, (server) => {
  test('speaks TLS with the authority it is given, and with no other', async () => {
    const { url, ca } = server()
    const local = urlAt(url, { host: 'localhost', port: Number(new URL(url).port) })
    const trusting = connect({ url: local, secure: true, tls: { ca: ca ?? '' } })
    const { rows } = await trusting.query({ text: "show status like 'Ssl_version'" })
    expect(rows[0]?.['Value']).toMatch(/^TLSv1\.[23]$/)
    const doubting = connect({ url: local, secure: true, resilience: false })
    await expect(doubting.query({ text: 'select 1' })).rejects.toMatchObject({ code: 'unavailable', applied: 'no' })
    // By its address, which the certificate has, too.
    const byAddress = connect({ url, secure: true, tls: { ca: ca ?? '' } })
    expect((await byAddress.query({ text: "show status like 'Ssl_version'" })).rows[0]?.['Value']).toMatch(/^TLSv1/)
  })

  test('a certificate without the address, or of another one, is refused before anything is proven', async () => {
    // Nor does a name that only looks like it do.
    for (const name of ['localhost', '127.0.0.1', '127.0.0.1.']) {
      const front = await certifiedServer([name])
      endings.push(() => front.close())
      const db = connect({
        host: '127.0.0.1',
        port: front.port,
        secure: true,
        tls: { ca: front.ca },
        resilience: false,
      })
      await expect(db.query({ text: 'select 1' })).rejects.toMatchObject({
        code: 'unavailable',
        applied: 'no',
        message: expect.stringMatching(/127\.0\.0\.1/),
      })
      expect(front.heard()).toBe(0)
    }
  })
})
