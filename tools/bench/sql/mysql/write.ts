// Writes rows in one way: `write.ts URL WAY COUNT`. Prints one line of JSON.
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { mysql } from '@casare/mysql'
import { bareConnection, benchUrl } from './database.ts'

const [serverUrl = '', way = '', count = '0'] = process.argv.slice(2)
const table = `writing_${randomBytes(4).toString('hex')}`
const columns = ['id', 'name', 'email', 'total', 'at'] as const
const rows = Array.from({ length: Number(count) }, (_one, id) => ({
  id,
  name: `customer number ${id}`,
  email: `customer.${id}@example.com`,
  total: `${id % 1000}.25`,
  at: '2026-01-31 10:00:00.000',
}))

const bare = await bareConnection(serverUrl)
await bare.query(
  `create table ${table} (id integer primary key, name varchar(100) not null, email varchar(100), total decimal(20, 2), at datetime(3))`,
)
const db = mysql({ url: benchUrl(serverUrl) })
const list = columns.join(', ')

const escapes: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }
const escape = (value: string): string => value.replace(/[\\\n\r\t]/g, (sign) => escapes[sign] ?? sign)

/** The lines of LOAD DATA by hand, in 64 KiB pieces, with the escapes that any text needs. */
function* lines(): Generator<Buffer> {
  let piece = ''
  for (const row of rows) {
    piece += `${row.id}\t${escape(row.name)}\t${escape(row.email)}\t${escape(row.total)}\t${escape(row.at)}\n`
    if (piece.length < 65_536) continue
    yield Buffer.from(piece)
    piece = ''
  }
  yield Buffer.from(piece)
}

const ways: Record<string, () => Promise<unknown>> = {
  ours: () => db.rows.write(rows, { table }),
  'ours upsert': () => db.rows.write(rows, { table, key: ['id'] }),
  async 'mysql2 multi-values'() {
    for (let from = 0; from < rows.length; from += 1_000) {
      const tuples = rows.slice(from, from + 1_000).map((row) => columns.map((name) => row[name]))
      await bare.query(`insert into ${table} (${list}) values ?`, [tuples])
    }
  },
  'mysql2 LOAD DATA': () =>
    bare.query({
      sql: `load data local infile 'rows' into table ${table} (${list})`,
      infileStreamFactory: () => Readable.from(lines(), { objectMode: false }),
    }),
  async 'row by row'() {
    for (const row of rows)
      await bare.execute(
        `insert into ${table} (${list}) values (?, ?, ?, ?, ?)`,
        columns.map((name) => row[name]),
      )
  },
}

await db.$.open()
// The code is warm, and the connections stand.
const run = ways[way]
if (run === undefined) throw new Error(`There is no way "${way}".`)
await run()
await bare.query(`truncate ${table}`)
const startedAt = performance.now()
await run()
const seconds = (performance.now() - startedAt) / 1_000
const [stored] = await bare.query(`select count(*) as count from ${table}`)
const { count: found } = (stored as { count: number }[])[0] ?? { count: -1 }
if (found !== rows.length) throw new Error(`${way}: ${found} of ${rows.length} rows are there`)
await bare.query(`drop table ${table}`)
await db.close()
await bare.end()
process.stdout.write(`${JSON.stringify({ perSecond: rows.length / seconds })}\n`)
