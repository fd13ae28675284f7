// Reads a table in one way: `read.ts URL prepare|ours|'mysql2 stream' COUNT`. Prints one line of JSON.
import { mysql } from '@casare/mysql'
import { createConnection } from 'mysql2'
import { bareConnection, benchUrl } from './database.ts'

const [serverUrl = '', way = '', count = '0'] = process.argv.slice(2)
const url = benchUrl(serverUrl)
const table = 'reading'

const ways: Record<string, () => Promise<number>> = {
  async prepare() {
    const bare = await bareConnection(serverUrl)
    await bare.query(`drop table if exists ${table}`)
    await bare.query(
      `create table ${table} (id integer primary key, name varchar(100), total decimal(20, 2), at datetime(3))`,
    )
    await bare.query(
      `insert into ${table} select seq, concat('customer number ', seq), seq / 100, now(3) from seq_1_to_${Number(count)}`,
    )
    await bare.query(`analyze table ${table}`)
    await bare.end()
    return Number(count)
  },
  async ours() {
    const db = mysql({ url })
    let read = 0
    for await (const row of db.rows.read({ table })) if (row['id'] !== undefined) read += 1
    await db.close()
    return read
  },
  async 'mysql2 stream'() {
    const connection = createConnection({ uri: url, dateStrings: true })
    let read = 0
    for await (const row of connection.query(`select * from ${table} order by id`).stream({ highWaterMark: 2_000 }))
      if ((row as { id: unknown }).id !== undefined) read += 1
    await new Promise<void>((resolve) => connection.end(() => resolve()))
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
