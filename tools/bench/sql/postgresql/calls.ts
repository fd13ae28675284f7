// Point reads at 1, 10 and 100 in flight, in turn: `calls.ts URL`. Prints one line of JSON.
import { randomBytes } from 'node:crypto'
import { postgresql } from '@casare/postgresql'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import knexOf from 'knex'
import pg from 'pg'
import { interleave, median } from '../../helpers.ts'

const [url = ''] = process.argv.slice(2)
const rows = 10_000
const max = 10
const table = `casare_bench_${randomBytes(4).toString('hex')}`
const text = `select id, name, score from ${table} where id = $1`

const pool = new pg.Pool({ connectionString: url, max })
await pool.query(`create table ${table} (id integer primary key, name text, score float8)`)
await pool.query(`insert into ${table} select i, 'thing ' || i, i / 7.0 from generate_series(1, ${rows}) i`)
const db = postgresql({ url, pool: { max } })
const knex = knexOf({ client: 'pg', connection: url, pool: { min: 0, max } })
const orm = drizzle(new pg.Pool({ connectionString: url, max }))

const variants: Record<string, (id: number) => Promise<unknown>> = {
  ours: (id) => db.query({ text, values: [id] }),
  // As a read: where all connections are at work, these share one.
  'ours, as reads': (id) => db.query({ text, values: [id] }, { effect: 'read' }),
  pg: (id) => pool.query(text, [id]),
  'pg named': (id) => pool.query({ name: 'point', text, values: [id] }),
  knex: (id) => knex.select('id', 'name', 'score').from(table).where({ id }),
  drizzle: (id) => orm.execute(sql`select id, name, score from ${sql.raw(table)} where id = ${id}`),
}

async function rate(call: (id: number) => Promise<unknown>, inFlight: number, count: number): Promise<number> {
  let next = 0
  const startedAt = performance.now()
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (next < count) {
        next += 1
        await call(1 + (next % rows))
      }
    }),
  )
  return (count * 1_000) / (performance.now() - startedAt)
}

const names = Object.keys(variants)
const found: Record<string, Record<string, number>> = {}
for (const inFlight of [1, 10, 100]) {
  for (const name of names) await rate(variants[name] as never, inFlight, 1_000)
  const results = await interleave(names, 9, (name) => rate(variants[name] as never, inFlight, 3_000))
  found[inFlight] = Object.fromEntries(names.map((name) => [name, median(results[name] ?? [])]))
}
await pool.query(`drop table ${table}`)
await db.close()
await knex.destroy()
await orm.$client.end()
await pool.end()
process.stdout.write(`${JSON.stringify(found)}\n`)
