// Follows changes in one way: `changes.ts URL ours|pg_recvlogical COUNT [PER_SECOND]`. Prints one line of JSON.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { postgresql } from '@casare/postgresql'
import pg from 'pg'
import { findBinary } from '../../../peers/src/find-binary.ts'

const [url = '', way = '', counted = '0', perSecondText] = process.argv.slice(2)
const count = Number(counted)
const perSecond = perSecondText === undefined ? undefined : Number(perSecondText)
const name = `casare_bench_${randomBytes(4).toString('hex')}`
const client = new pg.Client(url)
await client.connect()
await client.query(`create table ${name} (id integer primary key, name text, sent float8)`)
await client.query(`create publication ${name} for table ${name}`)
await client.query(`select pg_create_logical_replication_slot('${name}', 'pgoutput')`)
const db = postgresql({ url })

/** All changes are there before anybody reads them. */
async function fill(): Promise<string> {
  const step = 1_000
  for (let from = 0; from < count; from += step)
    await client.query(
      `insert into ${name} select i, 'customer number ' || i, 0 from generate_series($1::int, $2::int) i`,
      [from, from + step - 1],
    )
  const { rows } = await client.query<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn')
  return rows[0]?.lsn ?? ''
}

const ways: Record<string, () => Promise<object>> = {
  async ours() {
    await fill()
    const done = Promise.withResolvers<void>()
    let seen = 0
    const startedAt = performance.now()
    const subscription = db.changes.listen(
      { slot: name, publication: name },
      async () => {
        seen += 1
        if (seen === count) done.resolve()
      },
      { concurrency: 16 },
    )
    await done.promise
    const seconds = (performance.now() - startedAt) / 1_000
    await subscription.stop()
    return { perSecond: count / seconds }
  },
  async pg_recvlogical() {
    const end = await fill()
    const path = findBinary('pg_recvlogical', ['/usr/lib/postgresql/*/bin']) ?? 'pg_recvlogical'
    const startedAt = performance.now()
    const child = spawn(
      path,
      [
        ...['-d', url, '--slot', name, '--start', '-f', '/dev/null', '--endpos', end, '--no-loop'],
        ...['-o', 'proto_version=1', '-o', `publication_names=${name}`],
      ],
      { stdio: 'inherit' },
    )
    const code = await new Promise<number | null>((resolve) => child.once('exit', resolve))
    if (code !== 0) throw new Error(`pg_recvlogical ended with ${code}`)
    return { perSecond: count / ((performance.now() - startedAt) / 1_000) }
  },
  /** From the insert to the handler, at a steady rate. */
  async latency() {
    const latencies: number[] = []
    const subscription = db.changes.listen(
      { slot: name, publication: name },
      async ({ row }) => void latencies.push(performance.now() - Number(row?.['sent'])),
      { concurrency: 16 },
    )
    await subscription.ready
    const rate = perSecond ?? 5_000
    const startedAt = performance.now()
    for (let sent = 0; sent < count;) {
      const due = Math.min(count, Math.floor(((performance.now() - startedAt) / 1_000) * rate))
      if (due > sent) {
        const batch = due - sent
        await client.query(`insert into ${name} select i, 'x', $3::float8 from generate_series($1::int, $2::int) i`, [
          sent,
          sent + batch - 1,
          performance.now(),
        ])
        sent = due
      } else await sleep(1)
    }
    while (latencies.length < count) await sleep(5)
    await subscription.stop()
    latencies.sort((a, b) => a - b)
    return { p50: latencies[Math.floor(count * 0.5)], p99: latencies[Math.floor(count * 0.99)] }
  },
}

const result = await ways[way]?.()
await db.close()
for (let tries = 0; tries < 50; tries += 1) {
  const dropped = await client.query('select pg_drop_replication_slot($1)', [name]).then(
    () => true,
    () => false,
  )
  if (dropped) break
  await sleep(50)
}
await client.query(`drop publication ${name}`)
await client.query(`drop table ${name}`)
await client.end()
process.stdout.write(`${JSON.stringify(result)}\n`)
