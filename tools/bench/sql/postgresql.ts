import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { findPeer } from '../../peers/src/find-peer.ts'
import { atLeast, atMost, interleave, median, printTable, runChild, type Gate } from '../helpers.ts'

const writtenRows = 100_000
const readRows = 1_000_000
const rounds = 5

/** PostgreSQL: the connector, pg as it is, and two libraries on top of pg. */
export async function benchPostgresql(): Promise<Gate[]> {
  const peer = await findPeer('postgresql')
  if (peer === undefined) throw new Error('There is no PostgreSQL to measure with.')
  try {
    console.log(`PostgreSQL ${peer.version ?? ''} (${peer.source})`)
    return [
      ...(await calls(peer.url)),
      ...(await writing(peer.url)),
      ...(await reading(peer.url)),
      ...(await following(peer.url)),
    ]
  } finally {
    await peer.stop()
  }
}

const child = (name: string): URL => new URL(`./postgresql/${name}.ts`, import.meta.url)

async function calls(url: string): Promise<Gate[]> {
  const perSecond = await runChild<Record<string, Record<string, number>>>(child('calls'), [url])
  const names = Object.keys(perSecond['1'] ?? {})
  printTable(
    ['point reads per second, in flight', ...names],
    Object.entries(perSecond).map(([inFlight, of]) => [inFlight, ...names.map((name) => Math.round(of[name] ?? 0))]),
  )
  console.log()
  return Object.entries(perSecond).map(([inFlight, of]) =>
    atLeast(`postgresql.query of pg, ${inFlight} in flight`, (of['ours'] ?? 0) / (of['pg'] ?? 1), 0.95),
  )
}

const writers = ['ours', 'pg COPY', 'ours upsert', 'pg unnest upsert', 'pg multi-values', 'knex', 'drizzle'] as const

async function writing(url: string): Promise<Gate[]> {
  const results = await interleave(writers, rounds, (name) =>
    runChild<{ perSecond: number }>(child('write'), [url, name, String(writtenRows)]),
  )
  const rowByRow = await runChild<{ perSecond: number }>(child('write'), [url, 'row by row', '5000'])
  const rate = (name: (typeof writers)[number]): number => median(results[name].map(({ perSecond }) => perSecond))
  printTable(
    [`rows written per second, ${writtenRows} rows`, 'rows/s', 'x row by row'],
    [
      ...writers.map((name) => [name, Math.round(rate(name)), rate(name) / rowByRow.perSecond]),
      ['pg row by row', Math.round(rowByRow.perSecond), 1],
    ],
  )
  console.log()
  return [
    atLeast('postgresql rows.write of pg COPY', rate('ours') / rate('pg COPY'), 0.9),
    atLeast('postgresql rows.write with key of pg unnest', rate('ours upsert') / rate('pg unnest upsert'), 0.9),
    atLeast('postgresql rows.write of row by row', rate('ours') / rowByRow.perSecond, 20),
  ]
}

const readers = ['ours', 'pg-cursor'] as const

async function reading(url: string): Promise<Gate[]> {
  // As it is installed: loading TypeScript takes some 40 MB that stay.
  const file = new URL('../../../node_modules/.cache/casare-bench-read.mjs', import.meta.url)
  await build({
    entryPoints: [fileURLToPath(child('read'))],
    outfile: fileURLToPath(file),
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@casare/source'],
    external: ['pg', 'pg-cursor', 'pg-copy-streams', 'zod'],
  })
  await runChild(file, [url, 'prepare', String(readRows)])
  const results = await interleave(readers, 3, (name) =>
    runChild<{ perSecond: number; peakBytes: number }>(file, [url, name, String(readRows)]),
  )
  rmSync(file)
  const rate = (name: (typeof readers)[number]): number => median(results[name].map(({ perSecond }) => perSecond))
  const peak = (name: (typeof readers)[number]): number =>
    Math.max(...results[name].map(({ peakBytes }) => peakBytes)) / 1e6
  printTable(
    [`rows read per second, ${readRows} rows`, 'rows/s', 'peak MB'],
    readers.map((name) => [name, Math.round(rate(name)), Math.round(peak(name))]),
  )
  console.log()
  return [
    atLeast('postgresql rows.read of pg-cursor', rate('ours') / rate('pg-cursor'), 0.9),
    atMost('postgresql rows.read: peak MB', peak('ours'), 150),
  ]
}

const followedChanges = 200_000
const followers = ['ours', 'pg_recvlogical'] as const

async function following(url: string): Promise<Gate[]> {
  const results = await interleave(followers, rounds, (name) =>
    runChild<{ perSecond: number }>(child('changes'), [url, name, String(followedChanges)]),
  )
  const { p50, p99 } = await runChild<{ p50: number; p99: number }>(child('changes'), [url, 'latency', '25000', '5000'])
  const rate = (name: (typeof followers)[number]): number => median(results[name].map(({ perSecond }) => perSecond))
  printTable(
    [`changes followed per second, ${followedChanges} changes`, 'changes/s'],
    followers.map((name) => [name, Math.round(rate(name))]),
  )
  console.log(`from insert to handler at 5,000 changes/s: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`)
  console.log()
  return [atLeast('postgresql changes of pg_recvlogical', rate('ours') / rate('pg_recvlogical'), 0.9)]
}
