import { execFile, execFileSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startPrivatePeer } from '../../peers/src/private-peer.ts'
import { atLeast, atMost, interleave, median, printTable, round, runChild, type Gate } from '../helpers.ts'
import { listServer } from './list-server.ts'
import type { Job, Took } from './ours.ts'
import { noise, sha256, storesAt, writeLarge, writeSmall } from './prepare.ts'
import { rclone, rcloneVersion } from './rclone.ts'
import type { Urls } from './servers.ts'

const mebibyte = 1024 ** 2
const deep = process.env['CASARE_DEEP'] === '1'
const bucket = 'casare-bench'
const partBytes = 16 * mebibyte
const partConcurrency = 4
const concurrency = 8
const largeBytes = (deep ? 1_024 : 256) * mebibyte
const unknownBytes = (deep ? 5 : 1) * 1_024 * mebibyte
const smallCount = deep ? 10_000 : 1_000
const listedCount = 100_000

interface World {
  readonly urls: Urls
  readonly folder: string
  readonly stores: ReturnType<typeof storesAt>
}

/**
 * Files between a folder, S3 (Ceph's gateway with its store in memory) and Azure (Azurite): by us, by rclone and by the bare
 * SDK on the same servers, in turn; memory for a length that nobody tells, and for a long list. `--deep`: as the issue
 * says, 5 GiB and 10,000 objects.
 */
export default async function transfers(): Promise<Gate[]> {
  const version = await rcloneVersion()
  const folder = await mkdtemp(join(tmpdir(), 'casare-bench-transfer-'))
  const [radosgw, azurite] = await Promise.all([
    startPrivatePeer('radosgw', { tls: false }),
    startPrivatePeer('azurite', { tls: false }),
  ])
  const urls = { s3: radosgw.url, azure: azurite.url }
  const world = { urls, folder, stores: storesAt(urls) }
  try {
    await prepare(world)
    const gates: Gate[] = []
    if (version === undefined) console.log('rclone is not installed (Debian: apt-get install rclone): not compared.')
    else {
      console.log(
        `rclone ${version}; parts of ${partBytes / mebibyte} MiB, ${partConcurrency} at once, ${concurrency} files at once.`,
      )
      gates.push(...(await large(world)), ...(await small(world)))
    }
    gates.push(...(await besideSdk(world)), ...(await unknownLength(world)), ...(await longList()))
    return gates
  } finally {
    await world.stores.close()
    await Promise.all([radosgw.stop(), azurite.stop()])
    await rm(folder, { recursive: true, force: true })
  }
}

async function prepare({ folder, stores: { s3, azure } }: World): Promise<void> {
  for (const store of [s3, azure]) {
    await store.createBucket({ bucket })
    await store.putObject({ bucket, key: 'warm-up', body: Buffer.alloc(1_000) })
  }
  await writeLarge(join(folder, 'large'), largeBytes)
  await s3.putObject({ bucket, key: 'large', body: createReadStream(join(folder, 'large')), partBytes })
  await writeSmall(join(folder, 'small'), smallCount)
}

/** The routes of one comparison, each in turn by both; what has arrived is removed in between. */
async function compare(
  { urls, stores }: World,
  what: string,
  bytes: number,
  routes: readonly { readonly name: string; readonly from: string; readonly to: string; readonly key?: string }[],
): Promise<number[]> {
  const rows: (string | number)[][] = []
  const ratios: number[] = []
  const loads: number[] = []
  for (const { name, ...route } of routes) {
    const took = await interleave(['ours', 'rclone'], 3, async (who, number) => {
      const place = `arrived/${who}-${number}`
      const job: Job = { urls, ...route, to: `${route.to}${place}`, partBytes, partConcurrency, concurrency }
      const result = await (who === 'ours' ? byUs(job) : rclone(job))
      if (route.to.startsWith('/')) await rm(job.to, { recursive: true })
      else await stores.remove(bucket, place)
      return result
    })
    const ratio = median(took.ours.map(({ seconds }, index) => (took.rclone[index]?.seconds ?? 0) / seconds))
    ratios.push(ratio)
    loads.push(...took.ours.map(({ loadSeconds }) => loadSeconds))
    for (const who of ['ours', 'rclone'] as const) {
      const seconds = median(took[who].map((one) => one.seconds))
      const cpuSeconds = median(took[who].map((one) => one.cpuSeconds))
      rows.push([`${name}, ${who}`, seconds, bytes / mebibyte / seconds, cpuSeconds, who === 'ours' ? ratio : ''])
    }
  }
  console.log(`\n${what}; we load the SDKs before, in ${round(median(loads))} s, once in the life of a process`)
  printTable(['', 'seconds', 'MiB/s', 'CPU seconds', 'of rclone'], rows)
  return ratios
}

function byUs(job: Job, nodeOptions: readonly string[] = []): Promise<Took> {
  return runChild<Took>(new URL('./ours.ts', import.meta.url), [JSON.stringify(job)], nodeOptions)
}

async function large(world: World): Promise<Gate[]> {
  const { folder } = world
  const routes = [
    { name: 'S3 -> Azure', from: `s3:${bucket}`, to: `az:${bucket}/`, key: 'large' },
    { name: 'folder -> S3', from: folder, to: `s3:${bucket}/`, key: 'large' },
    { name: 'S3 -> folder', from: `s3:${bucket}`, to: `${folder}/`, key: 'large' },
  ]
  const ratios = await compare(world, `One file of ${largeBytes / mebibyte} MiB`, largeBytes, routes)
  return routes.map(({ name }, index) => atLeast(`large file, ${name}, of rclone`, ratios[index] ?? 0, 0.8))
}

async function small(world: World): Promise<Gate[]> {
  const { folder, stores, urls } = world
  const from = join(folder, 'small')
  await byUs({ urls, from, to: `s3:${bucket}/small`, partBytes, partConcurrency, concurrency })
  const routes = [
    { name: 'folder -> S3', from, to: `s3:${bucket}/` },
    { name: 'S3 -> folder', from: `s3:${bucket}/small`, to: `${folder}/` },
    { name: 'S3 -> Azure', from: `s3:${bucket}/small`, to: `az:${bucket}/` },
  ]
  const ratios = await compare(world, `${smallCount} files of 10 KiB`, smallCount * 10 * 1_024, routes)
  await stores.remove(bucket, 'small/')
  return routes.map(({ name }, index) =>
    atLeast(`${smallCount} small files, ${name}, of rclone`, ratios[index] ?? 0, 1),
  )
}

/** The SDK's recommended code: `Upload` of lib-storage from a stream, `GetObject` into a file. */
async function besideSdk({ urls, folder, stores }: World): Promise<Gate[]> {
  const gates: Gate[] = []
  const rows: (string | number)[][] = []
  for (const [way, file] of [
    ['up', 'large'],
    ['down', 'down'],
  ] as const) {
    const took = await interleave(['connector', 'bare'], 5, async (how) => {
      const args = [urls.s3, how, way, bucket, join(folder, file)]
      const result = await runChild<Took>(new URL('./bare.ts', import.meta.url), args)
      await stores.s3.deleteObject({ bucket, key: `up-${how}` })
      return result
    })
    const ratio = median(took.connector.map(({ seconds }, index) => (took.bare[index]?.seconds ?? 0) / seconds))
    for (const how of ['connector', 'bare'] as const)
      rows.push([
        `${way}, ${how}`,
        median(took[how].map((one) => one.seconds)),
        median(took[how].map((one) => one.cpuSeconds)),
        how === 'connector' ? ratio : '',
      ])
    gates.push(atLeast(`S3, large file ${way}, of the bare SDK`, ratio, 0.95))
  }
  console.log(`\nS3, one file of ${largeBytes / mebibyte} MiB, beside the bare SDK`)
  printTable(['', 'seconds', 'CPU seconds', 'of bare'], rows)
  return gates
}

async function unknownLength({ urls, stores: { s3, azure } }: World): Promise<Gate[]> {
  const key = 'unknown'
  await s3.deleteObject({ bucket, key: 'large' })
  await s3.putObject({ bucket, key, body: noise(unknownBytes), partBytes })
  const places = { urls, from: `s3:${bucket}`, to: `az:${bucket}/arrived`, key, unknownLength: true }
  const job: Job = { ...places, warmUpKey: 'warm-up', partBytes, partConcurrency, concurrency }
  const { rssBefore, rssPeak, seconds } = await byUs(job, ['--expose-gc'])
  const [sent, arrived] = await Promise.all([
    s3.getObject({ bucket, key }).then(({ body }) => sha256(body)),
    azure.getObject({ bucket, key: `arrived/${key}` }).then(({ body }) => sha256(body)),
  ])
  const grown = (rssPeak - rssBefore) / mebibyte
  const amount = `${unknownBytes / 1_024 / mebibyte} GiB of unknown length, S3 -> Azure`
  console.log(
    `\n${amount}: ${round(seconds)} s, memory ${round(rssBefore / mebibyte)} MiB before, ${round(grown)} MiB more at its highest.`,
  )
  return [
    atMost(`${amount}: growth of memory, MiB`, grown, 64),
    atLeast(`${amount}: same SHA-256 (1: yes)`, sent === arrived ? 1 : 0, 1),
  ]
}

/** On a server that knows lists alone, with the built packages. */
async function longList(): Promise<Gate[]> {
  execFileSync('npm', ['run', '-s', 'build'], {
    cwd: fileURLToPath(new URL('../../../', import.meta.url)),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const server = await listServer(listedCount)
  try {
    const { keys, seconds, rssPeak } = await listed(server.url)
    console.log(`\n${keys} keys listed in ${round(seconds)} s, from a server of the bench.`)
    return [
      atLeast('keys listed', keys, listedCount),
      atMost(`memory of a process that lists ${listedCount} keys, MB`, rssPeak / 1e6, 120),
    ]
  } finally {
    await server.close()
  }
}

async function listed(url: string): Promise<{ keys: number; seconds: number; rssPeak: number }> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    // As the casare command sets them for itself.
    '--max-semi-space-size=4',
    '--heap-growing-percent=200',
    fileURLToPath(new URL('./list.mjs', import.meta.url)),
    url,
    bucket,
  ])
  return JSON.parse(stdout) as { keys: number; seconds: number; rssPeak: number }
}
