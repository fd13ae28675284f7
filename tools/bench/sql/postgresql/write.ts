// Writes rows in one way: `write.ts URL WAY COUNT`. Prints one line of JSON.
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { postgresql } from '@casare/postgresql'
import { drizzle } from 'drizzle-orm/node-postgres'
import { integer, numeric, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import knexOf from 'knex'
import pg from 'pg'
import copyStreams from 'pg-copy-streams'

const [url = '', way = '', count = '0'] = process.argv.slice(2)
const table = `casare_bench_${randomBytes(4).toString('hex')}`
const columns = ['id', 'name', 'email', 'total', 'at'] as const
const rows = Array.from({ length: Number(count) }, (_one, id) => ({
  id,
  name: `customer number ${id}`,
  email: `customer.${id}@example.com`,
  total: `${id % 1000}.25`,
  at: '2026-01-31T10:00:00.000Z',
}))
type Row = (typeof rows)[number]

const client = new pg.Client(url)
await client.connect()
await client.query(
  `create table ${table} (id integer primary key, name text not null, email text, total numeric, at timestamptz)`,
)
const db = postgresql({ url })
const knex = knexOf({ client: 'pg', connection: url })
const things = pgTable(table, {
  id: integer().primaryKey(),
  name: text().notNull(),
  email: text(),
  total: numeric(),
  at: timestamp({ withTimezone: true, mode: 'string' }),
})
const orm = drizzle(client)
const list = columns.join(', ')

function* chunks(size: number): Generator<Row[]> {
  for (let from = 0; from < rows.length; from += size) yield rows.slice(from, from + size)
}

const escapes: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }
const escape = (value: string): string => value.replace(/[\\\n\r\t]/g, (sign) => escapes[sign] ?? sign)

/** COPY by hand, in 64 KiB pieces, with the escapes that any text needs. */
function* copyText(): Generator<Buffer> {
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
  'pg COPY': () =>
    pipeline(
      Readable.from(copyText(), { objectMode: false }),
      client.query(copyStreams.from(`copy ${table} (${list}) from stdin`)),
    ),
  async 'pg unnest upsert'() {
    const updates = columns.slice(1).map((name) => `${name} = excluded.${name}`)
    const statement =
      `insert into ${table} (${list}) select * from unnest($1::int[], $2::text[], $3::text[], $4::numeric[], $5::timestamptz[])` +
      ` on conflict (id) do update set ${updates.join(', ')}`
    for (const chunk of chunks(10_000))
      await client.query(
        statement,
        columns.map((name) => chunk.map((row) => row[name])),
      )
  },
  async 'pg multi-values'() {
    for (const chunk of chunks(1_000)) {
      const tuples = chunk.map((_row, row) => `(${columns.map((_name, at) => `$${row * 5 + at + 1}`).join(', ')})`)
      await client.query(
        `insert into ${table} (${list}) values ${tuples.join(', ')}`,
        chunk.flatMap((row) => columns.map((name) => row[name])),
      )
    }
  },
  async 'row by row'() {
    for (const row of rows)
      await client.query(
        `insert into ${table} (${list}) values ($1, $2, $3, $4, $5)`,
        columns.map((name) => row[name]),
      )
  },
  knex: () => knex.batchInsert(table, rows, 1_000),
  async drizzle() {
    for (const chunk of chunks(1_000)) await orm.insert(things).values(chunk)
  },
}

await db.$.open()
// The code is warm, and the first connection of each library stands.
const warm = ways[way]
if (warm === undefined) throw new Error(`There is no way "${way}".`)
await warm()
await client.query(`truncate ${table}`)
const startedAt = performance.now()
await warm()
const seconds = (performance.now() - startedAt) / 1_000
const { rows: stored } = await client.query<{ count: number }>(`select count(*)::int as count from ${table}`)
if (stored[0]?.count !== rows.length) throw new Error(`${way}: ${stored[0]?.count} of ${rows.length} rows are there`)
await client.query(`drop table ${table}`)
await db.close()
await knex.destroy()
await client.end()
process.stdout.write(`${JSON.stringify({ perSecond: rows.length / seconds })}\n`)
