// One transfer by us, in a process of its own: `ours.ts JSON`. Prints one line of JSON.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { transfer, type SourceStore } from '@casare/transfer'
import { storeAt, type Urls } from './servers.ts'

/** What is moved, and how. */
export interface Job {
  readonly urls: Urls
  readonly from: string
  readonly to: string
  /** One entry; default: all. */
  readonly key?: string
  readonly partBytes: number
  readonly partConcurrency: number
  readonly concurrency: number
  /** Hides the lengths of the source. */
  readonly unknownLength?: boolean
  /** An entry that is moved before, so that what is measured has all code loaded. */
  readonly warmUpKey?: string
}

/** What a transfer took. */
export interface Took {
  readonly seconds: number
  readonly cpuSeconds: number
  /** Before that, to load the SDKs. */
  readonly loadSeconds: number
  /** Of the process, in bytes: before, and at its highest. */
  readonly rssBefore: number
  readonly rssPeak: number
}

const job = JSON.parse(process.argv[2] ?? '{}') as Job
const journalFolder = await mkdtemp(join(tmpdir(), 'casare-bench-journal-'))
const from = storeAt(job.urls, job.from)
const to = storeAt(job.urls, job.to)
const source = job.unknownLength === true ? withoutLengths(from.store) : from.store

async function move(key: string | undefined): Promise<void> {
  const { partBytes, partConcurrency, concurrency } = job
  const { failures } = await transfer({
    from: { store: source, ...(key === undefined ? {} : { key }) },
    to: { store: to.store },
    journalFolder,
    partBytes,
    partConcurrency,
    concurrency,
  })
  if (failures[0] !== undefined) throw new Error(`${failures[0].key} has failed.`, { cause: failures[0].error })
}

// Loads the SDKs: once in the life of a process, and told apart.
const loading = performance.now()
await to.store.find('not there', AbortSignal.timeout(30_000))
await from.store.describe('not there', AbortSignal.timeout(30_000)).catch(() => undefined)
const loadSeconds = (performance.now() - loading) / 1_000
if (job.warmUpKey !== undefined) await move(job.warmUpKey)
globalThis.gc?.()
const rssBefore = process.memoryUsage.rss()
let rssPeak = rssBefore
const watch = setInterval(() => (rssPeak = Math.max(rssPeak, process.memoryUsage.rss())), 20)
const startedAt = performance.now()
const cpu = process.cpuUsage()
await move(job.key)
const seconds = (performance.now() - startedAt) / 1_000
const { user, system } = process.cpuUsage(cpu)
clearInterval(watch)
await from.close()
await to.close()
await rm(journalFolder, { recursive: true })
const took: Took = { seconds, cpuSeconds: (user + system) / 1e6, loadSeconds, rssBefore, rssPeak }
process.stdout.write(`${JSON.stringify(took)}\n`)

/** As a source is that cannot tell: read once, from beginning to end. */
function withoutLengths(store: SourceStore): SourceStore {
  return {
    name: `${store.name} (unknown length)`,
    async describe(key, signal) {
      const described = await store.describe(key, signal)
      return { ...described, entry: { ...described.entry, size: undefined } }
    },
    async *list(signal) {
      for await (const entry of store.list(signal)) yield { ...entry, size: undefined }
    },
    async open(key, span, signal) {
      const opened = await store.open(key, span, signal)
      return { ...opened, entry: { ...opened.entry, size: undefined } }
    },
  }
}
