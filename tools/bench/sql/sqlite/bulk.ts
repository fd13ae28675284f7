// Batches and iteration through the connector and through better-sqlite3 itself, in turn. Prints one line of JSON.
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
bare.exec('create table things (id integer primary key, name text, score real)')
const insert = bare.prepare('insert into things (id, name, score) values (?, ?, ?)')
const page = bare.prepare('select id, name, score from things where id > ? order by id limit 1000')
const rows = Array.from({ length: count }, (_one, id) => ({ id, name: `thing ${id}`, score: id / 7 }))
const db = sqlite({ path })
await db.$.open()
const clear = (): unknown => bare.prepare('delete from things').run()

const works: Record<string, Record<'bare' | 'ours', () => Promise<unknown>>> = {
  'batches of 1,000': {
    async bare() {
      const write = bare.transaction((part: typeof rows) => {
        for (const { id, name, score } of part) insert.run(id, name, score)
      })
      for (let from = 0; from < count; from += batch) write.immediate(rows.slice(from, from + batch))
    },
    ours: () => db.rows.write(rows, { table: 'things' }),
  },
  iteration: {
    async bare() {
      let last = -1
      for (;;) {
        const found = page.all(last) as { id: number }[]
        last = found.at(-1)?.id ?? last
        if (found.length < 1_000) return
      }
    },
    async ours() {
      for await (const { records } of db.rows.read({ table: 'things' }).pages()) if (records.length === 0) return
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
