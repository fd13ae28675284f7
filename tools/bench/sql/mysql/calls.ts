// Point reads at 1, 10 and 100 in flight, in turn: `calls.ts URL`. Prints one line of JSON.
import { randomBytes } from 'node:crypto'
import { mysql } from '@casare/mysql'
import { createPool } from 'mysql2/promise'
import { interleave, median } from '../../helpers.ts'
import { bareConnection, benchUrl } from './database.ts'

const [serverUrl = ''] = process.argv.slice(2)
const url = benchUrl(serverUrl)
const rows = 10_000
const max = 10
const table = `calls_${randomBytes(4).toString('hex')}`
const text = `select id, name, score from ${table} where id = ?`

const bare = await bareConnection(serverUrl)
await bare.query(`create table ${table} (id integer primary key, name varchar(100), score double)`)
await bare.query(`insert into ${table} select seq, concat('thing ', seq), seq / 7 from seq_1_to_${rows}`)
const pool = createPool({ uri: url, connectionLimit: max })
const db = mysql({ url, pool: { max } })

const variants: Record<string, (id: number) => Promise<unknown>> = {
  ours: (id) => db.query({ text, values: [id] }),
  'mysql2 execute': (id) => pool.execute(text, [id]),
  'mysql2 query': (id) => pool.query(text, [id]),
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
await bare.query(`drop table ${table}`)
await db.close()
await pool.end()
await bare.end()
process.stdout.write(`${JSON.stringify(found)}\n`)
