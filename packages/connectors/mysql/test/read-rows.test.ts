import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { mysql } from '../src/index.ts'
import { ownDatabase, until, type OwnDatabase } from './support.ts'

const count = 5_000
const ids = Array.from({ length: count }, (_one, index) => index + 1)

await describeWithPeer('mysql', {}, (server) => {
  let database: OwnDatabase
  let db: ReturnType<typeof mysql>
  beforeEach(async () => {
    database = await ownDatabase(
      server().url,
      'create table things (id integer primary key, at datetime(3), text varchar(1000))',
      `insert into things select seq, '2026-01-31 10:00:00', repeat('x', 1000) from seq_1_to_${count}`,
    )
    db = mysql({ ...database.config, pool: { max: 1 } })
  })
  afterEach(async () => {
    await db.close()
    await database.close()
  })
  const pages = () => db.rows.read({ table: 'things', columns: ['id', 'at', 'text'] }, { pageSize: 100 }).pages()

  test('calls beside a read get the only connection, and the read goes on behind what it gave', async () => {
    const read: unknown[] = []
    for await (const { records } of pages()) {
      read.push(...records.map(({ id }) => id))
      expect((await db.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }])
    }
    expect(read).toEqual(ids)
  })

  test('a read without anybody beside it: one statement for all pages but the first', async () => {
    const read: unknown[] = []
    const before = await selects()
    for await (const { records } of pages()) {
      read.push(...records.map(({ id, at }) => [id, at]))
    }
    expect(read).toEqual(ids.map((id) => [id, '2026-01-31T10:00:00']))
    // On the only connection: the shape of the table, the first page, all others.
    expect((await selects()) - before).toBeLessThan(10)
  })

  test('who leaves a read leaves nothing running, and the connection to the others', async () => {
    for await (const { cursor } of pages()) if (Number(cursor.after[0]) >= 300) break
    expect((await db.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }])
    await until(async () => {
      const { rows } = await db.query({
        text: "select id from information_schema.processlist where db = database() and info like 'select `id`%'",
      })
      return rows.length === 0
    }, 'the statement has ended')
  })

  test('an aborted read fails with the reason, and the connection serves the next', async () => {
    const controller = new AbortController()
    const reading = db.rows.read({ table: 'things' }, { pageSize: 100, signal: controller.signal })
    await expect(
      (async () => {
        for await (const row of reading) if (row['id'] === 250) controller.abort(new Error('enough'))
      })(),
    ).rejects.toMatchObject({ code: 'cancelled' })
    expect((await db.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }])
  })

  async function selects(): Promise<number> {
    const { rows } = await db.query({ text: "show session status like 'Com_select'" })
    return Number(rows[0]?.['Value'])
  }
})
