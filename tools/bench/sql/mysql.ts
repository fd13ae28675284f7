import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { findPeer } from '../../peers/src/find-peer.ts'
import { atLeast, atMost, interleave, median, printTable, runChild, type Gate } from '../helpers.ts'

const writtenRows = 100_000
const readRows = 1_000_000
const rounds = 5

/** MySQL's protocol: the connector, and mysql2 as it is. */
export async function benchMysql(): Promise<Gate[]> {
  const peer = await findPeer('mysql')
  if (peer === undefined) throw new Error('There is no MySQL to measure with.')
  try {
    console.log(`MariaDB ${peer.version ?? ''} (${peer.source})`)
    return [...(await calls(peer.url)), ...(await writing(peer.url)), ...(await reading(peer.url))]
  } finally {
    await peer.stop()
  }
}

const child = (name: string): URL => new URL(`./mysql/${name}.ts`, import.meta.url)

async function calls(url: string): Promise<Gate[]> {
  const perSecond = await runChild<Record<string, Record<string, number>>>(child('calls'), [url])
  const names = Object.keys(perSecond['1'] ?? {})
  printTable(
    ['point reads per second, in flight', ...names],
    Object.entries(perSecond).map(([inFlight, of]) => [inFlight, ...names.map((name) => Math.round(of[name] ?? 0))]),
  )
  console.log()
  return Object.entries(perSecond).map(([inFlight, of]) =>
    atLeast(
      `mysql.query of mysql2 execute, ${inFlight} in flight`,
      (of['ours'] ?? 0) / (of['mysql2 execute'] ?? 1),
      0.95,
    ),
  )
}

const writers = ['ours', 'ours upsert', 'mysql2 multi-values', 'mysql2 LOAD DATA'] as const

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
      ['mysql2 row by row', Math.round(rowByRow.perSecond), 1],
    ],
  )
  console.log('LOAD DATA from a client passes over rows that do not fit, so rows.write does not use it.\n')
  return [
    atLeast('mysql rows.write of mysql2 multi-values', rate('ours') / rate('mysql2 multi-values'), 0.9),
    atLeast('mysql rows.write of row by row', rate('ours') / rowByRow.perSecond, 5),
  ]
}

const readers = ['ours', 'mysql2 stream'] as const

/** The bare side takes rows one by one from the driver's stream, with times as the texts that the server sends. */
async function reading(url: string): Promise<Gate[]> {
  // As it is installed: loading TypeScript takes time and some 40 MB that stay.
  const file = new URL('../../../node_modules/.cache/casare-bench-mysql-read.mjs', import.meta.url)
  await build({
    entryPoints: [fileURLToPath(child('read'))],
    outfile: fileURLToPath(file),
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@casare/source'],
    external: ['mysql2', 'zod'],
  })
  await runChild(file, [url, 'prepare', String(readRows)])
  const results = await interleave(readers, rounds, (name) =>
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
    atLeast('mysql rows.read of the stream of mysql2', rate('ours') / rate('mysql2 stream'), 0.9),
    atMost('mysql rows.read: peak MB', peak('ours'), 150),
  ]
}
