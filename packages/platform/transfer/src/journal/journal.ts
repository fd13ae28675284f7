import { ConnectorError } from '@casare/core'
import { createHash } from 'node:crypto'
import { mkdir, open, readFile, readdir, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { SentPart } from '../stores/store.ts'

/** One line of a journal. */
export type JournalLine =
  | { readonly type: 'begin'; readonly version: 1; readonly from: string; readonly to: string; readonly at: string }
  | {
      readonly type: 'upload'
      readonly key: string
      readonly size: number | undefined
      readonly etag: string | undefined
      readonly partBytes: number
      readonly saved: unknown
    }
  | { readonly type: 'part'; readonly key: string; readonly part: SentPart; readonly crc32: number }
  | {
      readonly type: 'done'
      readonly key: string
      readonly size: number
      readonly etag: string | undefined
      readonly crc32?: string | undefined
    }
  /** The upload of this key is given up. */
  | { readonly type: 'dropped'; readonly key: string }
  | { readonly type: 'end' }

/** An upload that an earlier process began. */
export interface OpenUpload {
  readonly size: number | undefined
  readonly etag: string | undefined
  readonly partBytes: number
  readonly saved: unknown
  readonly parts: Map<number, { readonly part: SentPart; readonly crc32: number }>
}

/** What a journal says. */
export interface JournalState {
  readonly id: string
  readonly path: string
  readonly from: string
  readonly to: string
  readonly startedAt: string
  /** Entries that have arrived: the etag that their source had. */
  readonly done: Map<string, { readonly size: number; readonly etag: string | undefined }>
  readonly uploads: Map<string, OpenUpload>
  readonly ended: boolean
}

const version = 1

/** The id of a transfer: the same two places have the same. */
export function transferId(from: string, to: string): string {
  return createHash('sha256')
    .update(JSON.stringify([from, to]))
    .digest('hex')
    .slice(0, 16)
}

/**
 * What a transfer has done, line by line in a file that only its owner may read: a killed process loses at most the line it
 * was writing. Ids of uploads stand in it, and for some stores these are as good as a password.
 */
export class Journal {
  readonly state: JournalState
  readonly #file: FileHandle | undefined
  readonly #lock: string | undefined
  #last: Promise<unknown> = Promise.resolve()
  #waiting = ''
  #next: Promise<void> = Promise.resolve()

  private constructor(state: JournalState, file?: FileHandle, lock?: string) {
    this.state = state
    this.#file = file
    this.#lock = lock
  }

  /** What a transfer has done so far, for one that only looks: nothing is written. */
  static async look(this: void, folder: string, from: string, to: string): Promise<Journal> {
    const earlier = await readJournal(folder, transferId(from, to))
    return new Journal(earlier === undefined || earlier.ended ? freshState(folder, from, to) : earlier)
  }

  /**
   * Opens the journal of a transfer, to go on with it where it has not ended, else to begin anew.
   * @throws `conflict` where another process is at it
   */
  static async open(this: void, folder: string, from: string, to: string): Promise<Journal> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const id = transferId(from, to)
    const fresh = freshState(folder, from, to)
    const lock = join(folder, `${id}.lock`)
    await takeLock(lock)
    try {
      const earlier = await readJournal(folder, id)
      const goesOn = earlier !== undefined && !earlier.ended
      const file = await open(fresh.path, goesOn ? 'a' : 'w', 0o600)
      const journal = new Journal(goesOn ? earlier : fresh, file, lock)
      // Behind a line that a killed process left unfinished, a new one begins.
      if (goesOn) await file.appendFile('\n')
      else await journal.write({ type: 'begin', version, from, to, at: fresh.startedAt })
      return journal
    } catch (error) {
      await rm(lock, { force: true })
      throw error
    }
  }

  /** Resolves when the line has left this process. */
  write(line: JournalLine): Promise<void> {
    const first = this.#waiting === ''
    this.#waiting += `${JSON.stringify(line)}\n`
    // What is told while a line is being written goes with the next write.
    if (first)
      this.#next = this.#last.then(() => {
        const text = this.#waiting
        this.#waiting = ''
        return this.#file?.appendFile(text)
      })
    const written = this.#next
    this.#last = written.catch(() => undefined)
    return written
  }

  async close(): Promise<void> {
    await this.#last
    await this.#file?.close()
    if (this.#lock !== undefined) await rm(this.#lock, { force: true })
  }
}

function freshState(folder: string, from: string, to: string): JournalState {
  const id = transferId(from, to)
  const startedAt = new Date().toISOString()
  const path = join(folder, `${id}.jsonl`)
  return { id, path, from, to, startedAt, done: new Map(), uploads: new Map(), ended: false }
}

async function takeLock(lock: string): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      const file = await open(lock, 'wx', 0o600)
      await file.writeFile(String(process.pid))
      await file.close()
      return
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') throw error
      const holder = Number(await readFile(lock, 'utf8').catch(() => ''))
      if (tries > 2 || isAlive(holder))
        throw new ConnectorError({
          code: 'conflict',
          message: `This transfer is under way in process ${holder}. Wait for it, or end it; if that process is something else, delete ${lock}.`,
        })
      await rm(lock, { force: true })
    }
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM'
  }
}

/** Reads a journal; `undefined` where there is none. A line that is no JSON is one that a killed process left. */
export async function readJournal(folder: string, id: string): Promise<JournalState | undefined> {
  const path = join(folder, `${id}.jsonl`)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as { code?: string }).code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  let begin: { readonly version: number; readonly from: string; readonly to: string; readonly at: string } | undefined
  let ended = false
  const done: JournalState['done'] = new Map()
  const uploads: JournalState['uploads'] = new Map()
  for (const line of text.split('\n').map(parsed)) {
    if (line?.type === 'begin') begin = line
    else if (line?.type === 'upload') uploads.set(line.key, { ...line, parts: new Map() })
    else if (line?.type === 'part') uploads.get(line.key)?.parts.set(line.part.number, line)
    else if (line?.type === 'dropped') uploads.delete(line.key)
    else if (line?.type === 'end') ended = true
    else if (line?.type === 'done') {
      uploads.delete(line.key)
      done.set(line.key, line)
    }
  }
  if (begin === undefined) return undefined
  if (begin.version !== version)
    throw new ConnectorError({
      code: 'unsupported',
      message: `${path} was written by a newer version (${begin.version}; this one knows ${version}). Use that version, or delete the file to begin anew.`,
    })
  return { id, path, from: begin.from, to: begin.to, startedAt: begin.at, done, uploads, ended }
}

function parsed(line: string): JournalLine | undefined {
  try {
    return JSON.parse(line) as JournalLine
  } catch {
    return undefined
  }
}

/** The transfers that have not ended, oldest first. */
export async function listJournals(folder: string): Promise<JournalState[]> {
  const names = await readdir(folder).catch(() => [])
  const ids = names.filter((name) => name.endsWith('.jsonl')).map((name) => name.slice(0, -'.jsonl'.length))
  const states = await Promise.all(ids.map((id) => readJournal(folder, id)))
  return states
    .filter((state) => state !== undefined && !state.ended)
    .filter((state): state is JournalState => state !== undefined)
    .toSorted((one, other) => (one.startedAt < other.startedAt ? -1 : 1))
}
