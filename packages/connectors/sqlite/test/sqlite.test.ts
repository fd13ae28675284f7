import { mkdtemp, rm, writeFile, chmod, mkdir } from 'node:fs/promises'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { sqlite, type SqliteConfig } from '../src/index.ts'

let folder: string
const open: { close(): Promise<void> }[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'casare-sqlite-'))
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
  await rm(folder, { recursive: true })
})

function connect(extra: Partial<SqliteConfig> & { readOnly?: boolean } = {}) {
  const connection = sqlite({ path: join(folder, 'test.db'), ...extra })
  open.push(connection)
  return connection
}

async function withTable(extra: Partial<SqliteConfig> = {}) {
  const db = connect(extra)
  await db.execute({ text: 'create table things (id integer primary key, name text, at integer)' })
  return db
}

for (const worker of [false, true]) {
  describe(worker ? 'in a worker' : 'in this thread', () => {
    test('query, execute and batch', async () => {
      const db = await withTable({ worker })
      expect(await db.execute({ text: 'insert into things (name) values (?)', values: ['a'] })).toEqual({
        changes: 1,
        lastInsertId: 1,
      })
      expect(
        await db.execute({ text: 'insert into things (name) values (:name)', values: { name: 'b' } }),
      ).toMatchObject({ lastInsertId: 2 })
      expect(await db.query({ text: 'select id, name from things order by id' })).toEqual({
        rows: [
          { id: 1, name: 'a' },
          { id: 2, name: 'b' },
        ],
      })
      expect(await db.query({ text: 'insert into things (name) values (?) returning id', values: ['c'] })).toEqual({
        rows: [{ id: 3 }],
      })
      await expect(
        db.batch({
          statements: [
            { text: "insert into things (name) values ('d')" },
            { text: 'insert into things (id) values (1)' },
          ],
        }),
      ).rejects.toMatchObject({ code: 'already_exists', applied: 'no' })
      expect((await db.query({ text: 'select count(*) as n from things' })).rows).toEqual([{ n: 3 }])
    })

    test('every value comes back exactly', async () => {
      const db = connect({ worker })
      await db.execute({ text: 'create table v (n integer primary key, value)' })
      const values = [
        0,
        -1,
        1.5,
        Infinity,
        -Infinity,
        2 ** 53,
        5e-324,
        9007199254740993n,
        -(2n ** 63n),
        2n ** 63n - 1n,
        'a\0b',
        'grüße 🦊',
        '',
        null,
        new Uint8Array([0, 255, 1]),
        new Uint8Array(0),
      ]
      await db.batch({
        statements: values.map((value, n) => ({ text: 'insert into v values (?, ?)', values: [n, value] })),
      })
      const { rows } = await db.query<{ value: unknown }>({ text: 'select value from v order by n' })
      expect(rows.map(({ value }) => (value instanceof Uint8Array ? [...value] : value))).toEqual(
        values.map((value) => (value instanceof Uint8Array ? [...value] : value)),
      )
      const json = await db.$.execute('query', {
        text: 'select ? as a, ? as b, ? as c',
        values: [{ $bigint: '9007199254740993' }, { $bytes: 'AP8=' }, { $number: 'Infinity' }],
      })
      expect(json).toMatchObject({
        output: { rows: [{ a: { $bigint: '9007199254740993' }, b: { $bytes: 'AP8=' }, c: { $number: 'Infinity' } }] },
      })
    })

    test('a transaction commits and rolls back, and other calls never slip in', async () => {
      const db = await withTable({ worker })
      await db.transaction(async (tx) => {
        await tx.execute({ text: "insert into things (name) values ('inside')" })
        const outside = await db.query({ text: 'select count(*) as n from things' })
        expect(outside.rows).toEqual([{ n: 0 }])
      })
      const order: string[] = []
      let release = (): void => undefined
      const transaction = db.transaction(async (tx) => {
        await tx.execute({ text: "insert into things (name) values ('rolled back')" })
        await new Promise<void>((resolve) => (release = resolve))
        order.push('transaction ends')
        throw new Error('no')
      })
      await new Promise((resolve) => setTimeout(resolve, 20))
      const write = db.execute({ text: "insert into things (name) values ('after')" }).then(() => order.push('written'))
      await new Promise((resolve) => setTimeout(resolve, 20))
      release()
      await expect(transaction).rejects.toThrow('no')
      await write
      expect(order).toEqual(['transaction ends', 'written'])
      expect((await db.query({ text: 'select name from things order by id' })).rows).toEqual([
        { name: 'inside' },
        { name: 'after' },
      ])
    })

    test('a write on the connection inside of its own transaction is refused rather than waiting for itself', async () => {
      const db = await withTable({ worker })
      await expect(
        db.transaction(async () => db.execute({ text: "insert into things (name) values ('x')" })),
      ).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringContaining('use tx') })
      await expect(db.transaction(async () => db.transaction(async () => 1))).rejects.toMatchObject({
        code: 'invalid_input',
      })
      await expect(db.execute({ text: "insert into things (name) values ('y')" })).resolves.toMatchObject({
        changes: 1,
      })
    })
  })
}

test('a heavy statement in a worker ends between rows when it is aborted, and leaves this thread free', async () => {
  const db = connect({ worker: true })
  const controller = new AbortController()
  let ticks = 0
  const timer = setInterval(() => (ticks += 1), 5)
  setTimeout(() => controller.abort(), 60)
  const endless = 'with recursive n(i) as (select 1 union all select i + 1 from n) select i from n'
  await expect(db.query({ text: endless }, { signal: controller.signal })).rejects.toMatchObject({ code: 'cancelled' })
  clearInterval(timer)
  expect(ticks).toBeGreaterThan(3)
  expect((await db.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }])
})

test('in this thread the deadline acts between rows', async () => {
  const db = connect()
  const endless = 'with recursive n(i) as (select 1 union all select i + 1 from n) select i from n'
  await expect(db.query({ text: endless }, { timeoutMs: 50, effect: 'read' })).rejects.toMatchObject({
    code: 'timeout',
  })
  expect((await db.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }])
})

describe('in memory', () => {
  test('works, and transactions are exclusive too', async () => {
    const db = connect({ path: ':memory:' })
    await db.execute({ text: 'create table t (a)' })
    const transaction = db.transaction(async (tx) => {
      await tx.execute({ text: 'insert into t values (1)' })
      await new Promise((resolve) => setTimeout(resolve, 10))
      throw new Error('undo')
    })
    await new Promise((resolve) => setTimeout(resolve, 2))
    const counted = db.query({ text: 'select count(*) as n from t' })
    await expect(transaction).rejects.toThrow('undo')
    expect((await counted).rows).toEqual([{ n: 0 }])
  })
})

describe('rows.read', () => {
  test('pages by key, resumes from every cursor, and keeps ties', async () => {
    const db = await withTable()
    const all = Array.from({ length: 25 }, (_, index) => ({
      id: index + 1,
      name: `n${index}`,
      at: index < 3 ? null : Math.floor(index / 7),
    }))
    await db.rows.write(all, { table: 'things', key: ['id'] })
    for (const by of [undefined, 'at', 'name']) {
      const expected: unknown[] = []
      const cursors: [unknown, number][] = []
      for await (const page of db.rows.read({ table: 'things', by, pageSize: 4 }).pages()) {
        expected.push(...page.records.map(({ id }) => id))
        cursors.push([JSON.parse(JSON.stringify(page.cursor)), expected.length])
      }
      expect([...expected].sort((a, b) => Number(a) - Number(b))).toEqual(all.map(({ id }) => id))
      for (const [cursor, count] of cursors.slice(0, -1)) {
        const rest: unknown[] = []
        for await (const { id } of db.rows.read({ table: 'things', by, pageSize: 4 }, { cursor: cursor as never }))
          rest.push(id)
        expect(rest).toEqual(expected.slice(count))
      }
    }
  })

  test('goes on after the end with what is new, and with a late tie of the last value', async () => {
    const db = await withTable()
    await db.rows.write(
      [
        { id: 5, at: 1 },
        { id: 6, at: 2 },
      ],
      { table: 'things', key: ['id'] },
    )
    let cursor: unknown
    for await (const page of db.rows.read({ table: 'things', by: 'at' }).pages()) cursor = page.cursor
    await db.rows.write(
      [
        { id: 1, at: 2 },
        { id: 7, at: 3 },
      ],
      { table: 'things', key: ['id'] },
    )
    const ids: unknown[] = []
    for await (const { id } of db.rows.read({ table: 'things', by: 'at' }, { cursor: cursor as never })) ids.push(id)
    expect(ids).toEqual([1, 6, 7])
  })

  test('columns, where, WITHOUT ROWID, bigint keys, and what cannot be read', async () => {
    const db = await withTable()
    await db.execute({ text: 'create table big (k integer, b blob, primary key (k, b)) without rowid' })
    await db.rows.write(
      [
        { k: 9007199254740993n, b: Buffer.from('x') },
        { k: 9007199254740994n, b: Buffer.from('y') },
      ],
      { table: 'big', key: ['k', 'b'] },
    )
    const keys: unknown[] = []
    for await (const { k } of db.rows.read({ table: 'big', pageSize: 1 })) keys.push(k)
    expect(keys).toEqual([9007199254740993n, 9007199254740994n].map((k) => (k === 9007199254740994n ? k : k)))
    await db.rows.write(
      [
        { id: 1, name: 'a' },
        { id: 2, name: 'b' },
      ],
      { table: 'things', key: ['id'] },
    )
    const found: unknown[] = []
    for await (const row of db.rows.read({ table: 'things', columns: ['name'], where: { name: 'b' } })) found.push(row)
    expect(found).toEqual([{ name: 'b' }])
    await db.execute({ text: 'create view v as select * from things' })
    const read = async (input: { table: string; by?: string }): Promise<void> => {
      for await (const _row of db.rows.read(input)) break
    }
    await expect(read({ table: 'v' })).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('view'),
    })
    await expect(read({ table: 'thingz' })).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('"things"'),
    })
    await expect(read({ table: 'things', by: 'nam' })).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('"name"'),
    })
  })
})

describe('rows.write', () => {
  test('upserts, ignores, fails, and finds the record that is to blame', async () => {
    const db = await withTable()
    await db.rows.write(
      [
        { id: 1, name: 'a' },
        { id: 2, name: 'b' },
      ],
      { table: 'things', key: ['id'] },
    )
    expect(
      await db.rows.write(
        [
          { id: 1, name: 'A' },
          { id: 3, name: 'c' },
        ],
        { table: 'things', key: ['id'] },
      ),
    ).toEqual({ succeeded: 2, failed: [] })
    await db.rows.write([{ id: 1, name: 'zzz' }], { table: 'things', key: ['id'], onConflict: 'ignore' })
    const result = await db.rows.write(
      [
        { id: 4, name: 'd' },
        { id: 2, name: 'again' },
        { id: 5, name: 'e' },
      ],
      { table: 'things', onConflict: 'fail' },
    )
    expect(result).toMatchObject({ succeeded: 2, failed: [{ index: 1, error: { code: 'already_exists' } }] })
    expect((await db.query({ text: 'select id, name from things order by id' })).rows).toEqual([
      { id: 1, name: 'A' },
      { id: 2, name: 'b' },
      { id: 3, name: 'c' },
      { id: 4, name: 'd' },
      { id: 5, name: 'e' },
    ])
  })

  test('values that cannot be stored exactly are failures of their own', async () => {
    const db = await withTable()
    const result = await db.rows.write(
      [
        { id: 1, name: '\ud800' },
        { id: 2, name: NaN },
        { id: 3, name: undefined },
        { id: 4, name: 'fine' },
        {},
        { id: 5, name: { json: [1] } },
      ],
      { table: 'things', key: ['id'] },
    )
    expect(result.failed.map(({ index, error }) => [index, error.code])).toEqual([
      [0, 'invalid_input'],
      [1, 'invalid_input'],
      [2, 'invalid_input'],
      [4, 'invalid_input'],
    ])
    expect((await db.query({ text: 'select name from things order by id' })).rows).toEqual([
      { name: 'fine' },
      { name: '{"json":[1]}' },
    ])
  })

  test('creates a missing table where asked; else names the nearest', async () => {
    const db = await withTable()
    await db.rows.write([{ id: 1, x: 1.5, y: 'a' }], { table: 'fresh', key: ['id'], create: true })
    expect(
      (await db.describeTable({ table: 'fresh' })).columns.map(({ name, type }) => [name, type.toLowerCase()]),
    ).toEqual([
      ['id', 'integer'],
      ['x', 'real'],
      ['y', 'text'],
    ])
    const missing = await db.rows.write([{ id: 1 }], { table: 'thing' })
    expect(missing.failed[0]?.error).toMatchObject({ code: 'not_found', message: expect.stringContaining('"things"') })
    const column = await db.rows.write([{ id: 1, nme: 'x' }], { table: 'things' })
    expect(column.failed[0]?.error).toMatchObject({ code: 'invalid_input', message: expect.stringContaining('"name"') })
    const key = await db.rows.write([{ id: 1, name: 'x' }], { table: 'things', key: ['name'] })
    expect(key.failed[0]?.error).toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('unique index'),
    })
  })

  test('hostile names are quoted', async () => {
    const db = connect()
    const table = 'a"; drop table x; --'
    await db.rows.write([{ 'c"ol': 1, select: 'x' }], { table, create: true })
    expect((await db.listTables()).tables).toEqual([{ name: table, kind: 'table' }])
    for await (const row of db.rows.read({ table })) expect(row).toEqual({ 'c"ol': 1, select: 'x' })
  })
})

describe('clear errors', () => {
  test('several statements, wrong bindings, syntax, extensions', async () => {
    const db = await withTable()
    await expect(db.query({ text: 'select 1; select 2' })).rejects.toMatchObject({
      code: 'invalid_input',
      applied: 'no',
    })
    await expect(db.query({ text: 'select ?', values: [] })).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(db.query({ text: 'selct 1' })).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('syntax error'),
    })
    await expect(db.query({ text: 'select * from nobody' })).rejects.toMatchObject({ code: 'not_found' })
    await expect(db.query({ text: "select load_extension('x')" })).rejects.toMatchObject({ code: 'invalid_input' })
  })

  test('a file that is no database, a missing folder, a missing file, a full disk', async () => {
    await writeFile(
      join(folder, 'text.db'),
      'this is no database, and long enough to have a header of its own '.repeat(10),
    )
    await expect(connect({ path: join(folder, 'text.db') }).$.check()).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('not a SQLite database'),
    })
    await expect(connect({ path: join(folder, 'no', 'x.db') }).$.check()).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining(join(folder, 'no', 'x.db')),
    })
    await expect(connect({ path: join(folder, 'no.db'), create: false }).$.check()).rejects.toMatchObject({
      code: 'not_found',
    })
    const small = connect({ path: join(folder, 'small.db'), maxPages: 8 })
    await small.execute({ text: 'create table t (a)' })
    const result = await small.rows.write(
      Array.from({ length: 50 }, () => ({ a: 'x'.repeat(5_000) })),
      { table: 't' },
    )
    expect(result.failed[0]?.error).toMatchObject({
      code: 'unavailable',
      applied: 'no',
      message: expect.stringContaining('disk is full'),
    })
    await expect(small.$.check()).resolves.toBeUndefined()
  })

  test('a read-only connection: the server refuses, whatever the caller says', async () => {
    await (await withTable()).close()
    const db = connect({ readOnly: true })
    await expect(
      db.execute({ text: "insert into things (name) values ('x')" }, { effect: 'read' }),
    ).rejects.toMatchObject({ code: 'permission_denied' })
    await expect(db.query({ text: 'select * from things' })).resolves.toEqual({ rows: [] })
  })

  test('a folder that may not be entered', async () => {
    if (process.getuid?.() === 0) return
    await mkdir(join(folder, 'locked'))
    await chmod(join(folder, 'locked'), 0o000)
    await expect(connect({ path: join(folder, 'locked', 'x.db') }).$.check()).rejects.toMatchObject({
      code: 'not_found',
    })
  })
})

test('a lock of another process is waited for without blocking this thread; after busyTimeoutMs it is a conflict', async () => {
  const db = await withTable({ busyTimeoutMs: 400 })
  const holder = spawn(
    process.execPath,
    [
      '-e',
      `
    const db = new (require('better-sqlite3'))(process.argv[1]); db.exec('begin immediate'); console.log('held');
    setTimeout(() => { db.exec('commit'); console.log('free') }, Number(process.argv[2]))`,
      join(folder, 'test.db'),
      '150',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const holderGone = once(holder, 'exit')
  await once(holder.stdout, 'data')
  let ticks = 0
  const timer = setInterval(() => (ticks += 1), 5)
  await expect(db.execute({ text: "insert into things (name) values ('waited')" })).resolves.toMatchObject({
    changes: 1,
  })
  clearInterval(timer)
  expect(ticks).toBeGreaterThan(5)
  await holderGone
  const impatient = connect({ busyTimeoutMs: 0 })
  const second = spawn(
    process.execPath,
    [
      '-e',
      `
    const db = new (require('better-sqlite3'))(process.argv[1]); db.exec('begin immediate'); console.log('held'); setInterval(() => {}, 1000)`,
      join(folder, 'test.db'),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await once(second.stdout, 'data')
  await expect(impatient.execute({ text: "insert into things (name) values ('x')" })).rejects.toMatchObject({
    code: 'conflict',
    applied: 'no',
    retryable: true,
    attempts: 3,
  })
  second.kill('SIGKILL')
  await once(second, 'exit')
  await expect(impatient.execute({ text: "insert into things (name) values ('x')" })).resolves.toMatchObject({
    changes: 1,
  })
}, 20_000)
