import { ConnectorError, invalidInput } from '@casare/core'
import { Journal } from './journal/journal.ts'
import { moveEntry, type Move, type Moved } from './move/move-entry.ts'
import { Slots } from './move/slots.ts'
import { Throttle } from './move/throttle.ts'
import { differs } from './plan/changed.ts'
import { selects, type Selection } from './plan/selection.ts'
import { ProgressMeter, type TransferProgress } from './progress.ts'
import type { Entry, SourceStore, TargetStore } from './stores/store.ts'

/** A store and what of it: all below it, or one entry. */
export interface TransferPlace<Store> {
  readonly store: Store
  /** One entry by its key. Default: everything the store has below its prefix or folder. */
  readonly key?: string | undefined
}

/** Options of `transfer`. */
export interface TransferOptions extends Selection {
  readonly from: TransferPlace<SourceStore>
  readonly to: TransferPlace<TargetStore>
  /**
   * `copy`: everything selected. `sync`: only what the target lacks, has in another size, or has from before the source
   * was changed. Default `copy`.
   */
  readonly mode?: 'copy' | 'sync' | undefined
  /** `sync` only: deletes what is selected in the target and not there in the source. Default `false`. */
  readonly deleteExtra?: boolean | undefined
  /** Folder of the journals, with which a killed transfer goes on. It is made with mode 0700. */
  readonly journalFolder: string
  /** Entries under way at once, 1 to 64. Default 8. */
  readonly concurrency?: number | undefined
  /** Parts of large entries under way at once, over all entries, 1 to 64. Default 4. */
  readonly partConcurrency?: number | undefined
  /** Bytes of a part, 5 MiB to 4 GiB, rounded up to whole MiB. Default 16 MiB, more for very large entries. */
  readonly partBytes?: number | undefined
  /** The most bytes per second, over all. Default: no limit. */
  readonly bytesPerSecond?: number | undefined
  /** Moves nothing and tells what it would. Default `false`. */
  readonly dryRun?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined
  /** Told of each entry when it is settled: a line of the manifest. */
  readonly onEntry?: ((entry: TransferredEntry) => void) | undefined
}

/** What became of an entry. */
export interface TransferredEntry {
  readonly key: string
  readonly targetKey: string
  readonly outcome: 'moved' | 'unchanged' | 'resumed' | 'deleted' | 'would move' | 'would delete' | 'failed'
  readonly how?: Moved['how'] | undefined
  readonly size?: number | undefined
  readonly etag?: string | undefined
  /** CRC-32 of the bytes, in base64, where they went through this process. */
  readonly crc32?: string | undefined
  readonly error?: ConnectorError | undefined
}

/** What a transfer did. */
export interface TransferResult extends TransferProgress {
  readonly id: string
  readonly deleted: number
  /** The first hundred. */
  readonly failures: readonly TransferredEntry[]
  readonly durationMs: number
}

const maxFailuresKept = 100
const mebibyte = 1024 * 1024

/**
 * Moves files of any size from one store to another in bounded memory. Killed and called again with the same places, it
 * goes on: entries that have arrived are not sent again, nor are parts that the target has. An entry that fails does not stop
 * the others; it stands in `failures`.
 * @throws ConnectorError `invalid_input` for options out of range, `conflict` where the same transfer is under way in another
 * process, `cancelled` where the signal was aborted; and whatever stops the listing of the source
 */
export async function transfer(options: TransferOptions): Promise<TransferResult> {
  check(options)
  const startedAt = performance.now()
  const { from, to, journalFolder } = options
  const open = options.dryRun === true ? Journal.look : Journal.open
  const journal = await open(journalFolder, placeName(from), placeName(to))
  try {
    const run = new Run(options, journal)
    const result = await run.all()
    if (result.failed === 0 && options.dryRun !== true) await journal.write({ type: 'end' })
    return { ...result, durationMs: Math.round(performance.now() - startedAt) }
  } finally {
    await journal.close()
  }
}

/** A place as people write it. */
export function placeName({ store, key }: TransferPlace<{ readonly name: string }>): string {
  return key === undefined ? store.name : `${store.name.replace(/\/?$/, '/')}${key}`
}

class Run {
  readonly #options: TransferOptions
  readonly #journal: Journal
  readonly #meter: ProgressMeter
  readonly #move: Move
  readonly #failures: TransferredEntry[] = []
  readonly #entries: Slots
  #deleted = 0

  constructor(options: TransferOptions, journal: Journal) {
    const { from, to, signal = new AbortController().signal, partBytes } = options
    this.#options = options
    this.#journal = journal
    const meter = new ProgressMeter(options.onProgress)
    this.#meter = meter
    this.#entries = new Slots(options.concurrency ?? 8)
    this.#move = {
      source: from.store,
      target: to.store,
      journal,
      throttle: new Throttle(options.bytesPerSecond),
      parts: new Slots(options.partConcurrency ?? 4),
      partBytes,
      signal,
      moved(bytes) {
        meter.bytesMoved += bytes
        meter.changed()
      },
      resumed(bytes) {
        meter.bytesResumed += bytes
        meter.changed()
      },
    }
  }

  async all(): Promise<Omit<TransferResult, 'durationMs'>> {
    const { signal } = this.#move
    const present = await this.#present()
    const sources = new Set<string>()
    const running = new Set<Promise<void>>()
    const most = (this.#options.concurrency ?? 8) * 2
    for await (const entry of this.#sources()) {
      if (signal.aborted) break
      const targetKey = this.#targetKey(entry)
      if (this.#options.deleteExtra === true) sources.add(targetKey)
      this.#meter.found += 1
      if (!(await this.#wanted(entry, targetKey, present))) continue
      this.#meter.bytesToMove += entry.size ?? 0
      while (running.size >= most) await Promise.race(running)
      const one = this.#entries.run(() => this.#one(entry, targetKey)).finally(() => running.delete(one))
      running.add(one)
    }
    await Promise.all(running)
    if (signal.aborted)
      throw new ConnectorError({
        code: 'cancelled',
        message: 'The transfer was stopped. Start it again to go on where it was.',
        cause: signal.reason,
      })
    this.#meter.listed = true
    if (this.#options.deleteExtra === true && present !== undefined) await this.#deleteExtra(present, sources)
    this.#meter.changed(true)
    const { id } = this.#journal.state
    return { id, ...this.#meter.snapshot(), deleted: this.#deleted, failures: this.#failures }
  }

  async *#sources(): AsyncIterable<Entry> {
    const { from } = this.#options
    const { signal } = this.#move
    if (from.key !== undefined) {
      yield (await from.store.describe(from.key, signal)).entry
      return
    }
    const selected = selects(this.#options)
    for await (const entry of from.store.list(signal)) if (selected(entry.key)) yield entry
  }

  #targetKey({ key }: Entry): string {
    const { from, to } = this.#options
    return from.key === undefined ? key : (to.key ?? key.slice(key.lastIndexOf('/') + 1))
  }

  /** What the target has: listed once for a sync, since a look for each entry would cost more. */
  async #present(): Promise<Map<string, Entry> | undefined> {
    const { mode, to, from } = this.#options
    if (mode !== 'sync') return undefined
    const found = new Map<string, Entry>()
    if (from.key === undefined) {
      for await (const entry of to.store.list(this.#move.signal)) found.set(entry.key, entry)
      return found
    }
    const key = to.key ?? from.key.slice(from.key.lastIndexOf('/') + 1)
    const entry = await to.store.find(key, this.#move.signal)
    if (entry !== undefined) found.set(key, entry)
    return found
  }

  /** Is it to be moved? Tells of it where not. */
  async #wanted(entry: Entry, targetKey: string, present: ReadonlyMap<string, Entry> | undefined): Promise<boolean> {
    const { key, size } = entry
    // A sync asks the target itself; what has arrived may have been deleted since.
    if (present === undefined ? !(await this.#arrived(entry, targetKey)) : differs(entry, present.get(targetKey)))
      return true
    this.#meter.skipped += 1
    this.#tell({ key, targetKey, size, outcome: present === undefined ? 'resumed' : 'unchanged' })
    return false
  }

  /** Did an earlier process move it, as it is now? */
  async #arrived({ etag }: Entry, targetKey: string): Promise<boolean> {
    const done = this.#journal.state.done.get(targetKey)
    if (done?.etag === undefined || done.etag !== etag) return false
    const { target, signal } = this.#move
    return target.forgetful !== true || (await target.find(targetKey, signal))?.size === done.size
  }

  async #one(entry: Entry, targetKey: string): Promise<void> {
    const { key } = entry
    const { signal } = this.#move
    if (signal.aborted) return
    if (this.#options.dryRun === true) {
      this.#tell({ key, targetKey, size: entry.size, outcome: 'would move' })
      return
    }
    try {
      const moved = await this.#twice(entry, targetKey)
      const { size, crc32 } = moved
      await this.#journal.write({ type: 'done', key: targetKey, size, etag: entry.etag, crc32 })
      this.#meter.moved += 1
      this.#tell({ key, targetKey, outcome: 'moved', ...moved })
    } catch (error) {
      if (signal.aborted) return
      this.#meter.failed += 1
      this.#tell({ key, targetKey, size: entry.size, outcome: 'failed', error: asConnectorError(error) })
    }
  }

  /** A source that was changed while it was read is read once more, from the beginning. */
  async #twice(entry: Entry, targetKey: string): Promise<Moved> {
    try {
      return await moveEntry(this.#move, entry, targetKey)
    } catch (error) {
      if (!ConnectorError.is(error, 'conflict') || this.#move.signal.aborted) throw error
      const { entry: now } = await this.#move.source.describe(entry.key, this.#move.signal)
      return moveEntry(this.#move, now, targetKey)
    }
  }

  async #deleteExtra(present: ReadonlyMap<string, Entry>, sources: ReadonlySet<string>): Promise<void> {
    const selected = selects(this.#options)
    for (const key of present.keys()) {
      if (sources.has(key) || !selected(key)) continue
      const dry = this.#options.dryRun === true
      if (!dry) await this.#move.target.remove(key, this.#move.signal)
      this.#deleted += 1
      this.#tell({ key, targetKey: key, outcome: dry ? 'would delete' : 'deleted' })
    }
  }

  #tell(entry: TransferredEntry): void {
    if (entry.outcome === 'failed' && this.#failures.length < maxFailuresKept) this.#failures.push(entry)
    this.#options.onEntry?.(entry)
    this.#meter.changed()
  }
}

function asConnectorError(error: unknown): ConnectorError {
  if (ConnectorError.is(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  return new ConnectorError({ code: 'internal', message, cause: error })
}

function check({
  concurrency = 8,
  partConcurrency = 4,
  partBytes,
  bytesPerSecond,
  mode,
  deleteExtra,
  from,
  to,
}: TransferOptions): void {
  const whole = (name: string, value: number, min: number, max: number): void => {
    if (!Number.isInteger(value) || value < min || value > max)
      throw invalidInput(`${name} must be a whole number from ${min} to ${max}; got ${value}.`)
  }
  whole('concurrency', concurrency, 1, 64)
  whole('partConcurrency', partConcurrency, 1, 64)
  if (partBytes !== undefined) whole('partBytes', partBytes, 5 * mebibyte, 4_096 * mebibyte)
  if (bytesPerSecond !== undefined) whole('bytesPerSecond', bytesPerSecond, 1, Number.MAX_SAFE_INTEGER)
  if (deleteExtra === true && (mode !== 'sync' || from.key !== undefined))
    throw invalidInput('deleteExtra goes with mode: "sync" of everything below a place.')
  if (to.key !== undefined && from.key === undefined)
    throw invalidInput('One entry as the target needs one entry as the source: give from.key, or no to.key.')
}
