// Reads a table in one way: `read.ts URL prepare|ours|pg-cursor COUNT`. Prints one line of JSON.
import { postgresql } from '@casare/postgresql'
import pg from 'pg'
import Cursor from 'pg-cursor'

const [url = '', way = '', count = '0'] = process.argv.slice(2)
const table = 'casare_bench_reading'
const pageSize = 1_000

const ways: Record<string, () => Promise<number>> = {
  async prepare() {
    const client = new pg.Client(url)
    await client.connect()
    await client.query(`drop table if exists ${table}`)
    await client.query(`create table ${table} (id integer primary key, name text, total numeric, at timestamptz)`)
    await client.query(
      `insert into ${table} select i, 'customer number ' || i, i / 100.0, now() from generate_series(1, ${Number(count)}) i`,
    )
    await client.query(`analyze ${table}`)
    await client.end()
    return Number(count)
  },
  async ours() {
    const db = postgresql({ url })
    let read = 0
    for await (const row of db.rows.read({ table, pageSize })) if (row['id'] !== undefined) read += 1
    await db.close()
    return read
  },
  async 'pg-cursor'() {
    const client = new pg.Client(url)
    await client.connect()
    const cursor = client.query(new Cursor<{ id: number }>(`select * from ${table} order by id`))
    let read = 0
    for (;;) {
      const rows = await cursor.read(pageSize)
      for (const row of rows) if (row.id !== undefined) read += 1
      if (rows.length < pageSize) break
    }
    await cursor.close()
    await client.end()
    return read
  },
}

const startedAt = performance.now()
const read = (await ways[way]?.()) ?? -1
const seconds = (performance.now() - startedAt) / 1_000
if (read !== Number(count)) throw new Error(`${way}: ${read} of ${count} rows`)
process.stdout.write(
  `${JSON.stringify({ perSecond: read / seconds, peakBytes: process.resourceUsage().maxRSS * 1_024 })}\n`,
)
