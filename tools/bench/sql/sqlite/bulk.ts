// Batches and iteration through the connector and through better-sqlite3 as its README uses it, in turn. Prints one line of JSON.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqlite } from '@casare/sqlite'
import Database from 'better-sqlite3'
import { interleave, median } from '../../helpers.ts'

const count = 100_000
const batch = 1_000
const rounds = 9
const folder = mkdtempSync(join(tmpdir(), 'casare-bench-'))
const path = join(folder, 'things.db')
const bare = new Database(path)
bare.pragma('journal_mode = wal')
// As durable as the connector's default.
bare.pragma('synchronous = full')
bare.exec('create table things (id integer primary key, name text, score real)')
const insert = bare.prepare('insert into things (id, name, score) values (@id, @name, @score)')
const all = bare.prepare('select id, name, score from things order by id')
const rows = Array.from({ length: count }, (_one, id) => ({ id, name: `thing ${id}`, score: id / 7 }))
const db = sqlite({ path })
await db.$.open()
const clear = (): unknown => bare.prepare('delete from things').run()

const works: Record<string, Record<'bare' | 'ours', () => Promise<unknown>>> = {
  'batches of 1,000': {
    async bare() {
      const write = bare.transaction((part: typeof rows) => {
        for (const row of part) insert.run(row)
      })
      for (let from = 0; from < count; from += batch) write.immediate(rows.slice(from, from + batch))
    },
    ours: () => db.rows.write(rows, { table: 'things' }),
  },
  iteration: {
    async bare() {
      let read = 0
      for (const row of all.iterate() as Iterable<{ id: number }>) if (row.id >= 0) read += 1
      return read
    },
    async ours() {
      let read = 0
      for await (const { records } of db.rows.read({ table: 'things' }).pages())
        for (const row of records) if (Number(row['id']) >= 0) read += 1
      return read
    },
  },
}

const found: Record<string, object> = {}
for (const [what, variants] of Object.entries(works)) {
  const times = await interleave(['bare', 'ours'], rounds, async (name) => {
    if (what !== 'iteration') clear()
    const startedAt = performance.now()
    await variants[name]()
    return performance.now() - startedAt
  })
  // The first rounds warm the code up.
  const rate = (name: 'bare' | 'ours'): number => (count * 1_000) / median(times[name].slice(2))
  found[what] = { bare: rate('bare'), ours: rate('ours'), ratio: rate('ours') / rate('bare') }
}
await db.close()
bare.close()
rmSync(folder, { recursive: true })
process.stdout.write(`${JSON.stringify(found)}\n`)
