// Point reads through the connector and through better-sqlite3 itself, in turn: `sqlite-point-reads.ts`. Prints one line of JSON.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqlite } from '@casare/sqlite'
import Database from 'better-sqlite3'
import { interleave, median } from '../helpers.ts'

const rows = 10_000
const reads = 20_000
const rounds = 15
const text = 'select id, name, score from things where id = ?'

const folder = mkdtempSync(join(tmpdir(), 'casare-bench-'))
const path = join(folder, 'things.db')
const bare = new Database(path)
bare.pragma('journal_mode = wal')
bare.exec('create table things (id integer primary key, name text, score real)')
const insert = bare.prepare('insert into things values (?, ?, ?)')
bare.transaction(() => {
  for (let id = 1; id <= rows; id += 1) insert.run(id, `thing ${id}`, id / 7)
})()
const statement = bare.prepare(text)
const db = sqlite({ path })
await db.$.open()

const variants = {
  async bare(): Promise<number> {
    let sum = 0
    for (let index = 0; index < reads; index += 1) {
      // The caller of a driver in an async program awaits too.
      // eslint-disable-next-line @typescript-eslint/await-thenable
      const [row] = (await statement.all((index % rows) + 1)) as { id: number }[]
      sum += row?.id ?? 0
    }
    return sum
  },
  async connector(): Promise<number> {
    let sum = 0
    for (let index = 0; index < reads; index += 1) {
      const { rows: found } = await db.query<{ id: number }>({ text, values: [(index % rows) + 1] })
      sum += found[0]?.id ?? 0
    }
    return sum
  },
}

const nanoseconds = await interleave(['bare', 'connector'], rounds, async (name) => {
  const startedAt = performance.now()
  await variants[name]()
  return ((performance.now() - startedAt) * 1e6) / reads
})
await db.close()
bare.close()
rmSync(folder, { recursive: true })
// The first rounds warm the code up.
const settled = (values: readonly number[]): number => median(values.slice(3))
const added = median(nanoseconds.connector.slice(3).map((value, index) => value - (nanoseconds.bare[index + 3] ?? 0)))
process.stdout.write(
  `${JSON.stringify({ bareNs: settled(nanoseconds.bare), connectorNs: settled(nanoseconds.connector), addedNs: added })}\n`,
)
