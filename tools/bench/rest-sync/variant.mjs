// One run of one variant of the job, in a process of its own: `variant.mjs NAME URL KEY`. Prints one line of JSON.
// Plain JavaScript on the built packages: what is measured is what users run, without a compiler in the process.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'

const [name = '', url = '', key = ''] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'casare-bench-'))
const path = join(folder, 'warehouse.db')
const pageSize = 1_000
const expression = '{ "id": id, "minutes": delay, "miles": distance, "hour": time }'

try {
  const run = name.startsWith('hand') ? await prepareByHand(name) : await prepareFlow(name)
  const startedAt = performance.now()
  await run()
  const seconds = (performance.now() - startedAt) / 1_000
  const database = new Database(path, { readonly: true })
  const { rows } = database.prepare('select count(*) as rows from flights').get()
  database.close()
  process.stdout.write(`${JSON.stringify({ seconds, rows, peakMib: process.resourceUsage().maxRSS / 1_024 })}\n`)
} finally {
  rmSync(folder, { recursive: true })
}

/** The job as a person writes it: pages through undici, rows and cursor of a page in one transaction. */
async function prepareByHand(variant) {
  const { Agent, request } = await import('undici')
  const jsonata = variant === 'hand-jsonata' ? (await import('jsonata')).default(expression) : undefined
  const columns = jsonata === undefined ? ['id', 'delay', 'distance', 'time'] : ['id', 'minutes', 'miles', 'hour']
  return async () => {
    const agent = new Agent()
    const database = new Database(path)
    database.pragma('journal_mode = wal')
    database.pragma('synchronous = full')
    database.exec(
      `create table flights (${columns[0]} integer primary key, ${columns.slice(1).join(', ')}); create table cursors (name text primary key, cursor text)`,
    )
    const insert = database.prepare(
      `insert into flights (${columns.join(', ')}) values (?, ?, ?, ?) on conflict (id) do update set ${columns
        .slice(1)
        .map((column) => `${column} = excluded.${column}`)
        .join(', ')}`,
    )
    const save = database.prepare(
      "insert into cursors values ('flights', ?) on conflict (name) do update set cursor = excluded.cursor",
    )
    const commit = database.transaction((rows, cursor) => {
      for (const row of rows) insert.run(columns.map((column) => row[column]))
      save.run(cursor)
    })
    for (let cursor = 'after-0'; cursor !== null;) {
      const { body } = await request(`${url}/flights?cursor=${cursor}&limit=${pageSize}`, {
        dispatcher: agent,
        headers: { 'x-api-key': key },
      })
      const page = await body.json()
      const rows = []
      if (jsonata === undefined) rows.push(...page.data)
      else for (const record of page.data) rows.push(await jsonata.evaluate(record))
      commit(rows, page.next)
      cursor = page.next
    }
    database.close()
    await agent.close()
  }
}

/** The same job as a flow. */
async function prepareFlow(variant) {
  const [{ defineFlow, runFlow }, { rest }, { sqlite }] = await Promise.all([
    import('@casare/flow'),
    import('@casare/rest'),
    import('@casare/sqlite'),
    // Both sides have the drivers' code loaded before the clock starts; what importing costs stands in `footprint`.
    import('undici'),
  ])
  const steps = {
    flow: {},
    'flow-fields': { fields: { id: 'id', minutes: 'delay', miles: 'distance', hour: 'time' } },
    'flow-jsonata': { map: expression },
  }[variant]
  if (steps === undefined) throw new Error(`no variant ${variant}`)
  const flow = defineFlow(
    {
      flow: 'flights',
      connections: {
        api: { connector: rest, config: { baseUrl: url, auth: { kind: 'api_key', key } } },
        warehouse: { connector: sqlite, config: { path, synchronous: 'full' } },
      },
      read: {
        from: 'api.records',
        pageSize,
        input: {
          path: '/flights',
          recordsPath: 'data',
          idField: 'id',
          paging: { style: 'cursor', cursorParameter: 'cursor', cursorPath: 'next', sizeParameter: 'limit' },
        },
      },
      write: { to: 'warehouse.rows', input: { table: 'flights', key: ['id'], create: true } },
      ...steps,
    },
    folder,
  )
  return async () => {
    await runFlow(flow)
  }
}
