import { createHash } from 'node:crypto'
import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { invalidInput, isPlainObject } from '@casare/core'
import { withLock } from './store-lock.ts'

/** Who did what to what, and how it went. Never a secret. */
export interface AuditEvent {
  /** Who: an account and its machine, a connection, a flow. */
  readonly actor: string
  /** What was done: `secrets get`, `auth login`, `dlq replay`. */
  readonly action: string
  /** To what: the name of a secret, of a login, of a flow. */
  readonly subject: string
  readonly outcome: 'begun' | 'done' | 'failed'
  /** Further facts, such as an error's code. */
  readonly detail?: Readonly<Record<string, string | number | boolean>> | undefined
}

/** An event in its place. */
export interface AuditRecord extends AuditEvent {
  /** From 1, without a gap. */
  readonly sequence: number
  /** ISO 8601, by this machine's clock. */
  readonly at: string
  /** Hash of the record before; of the first one 64 zeros. */
  readonly previous: string
  /** SHA-256 of this record without its hash, as it is written. */
  readonly hash: string
}

/** What a look through the log has found. */
export interface AuditVerdict {
  readonly records: number
  /** Hash of the last record: kept elsewhere, it shows later whether the log was cut off or written anew. */
  readonly head: string
  /** The first line that is not as it was written, from 1, and why. */
  readonly problem?: { readonly line: number; readonly reason: string } | undefined
}

const genesis = '0'.repeat(64)
const tailBytes = 65_536

/**
 * A log of events, one line of JSON each, in which every record holds the hash of the one before: one that is changed, taken out or
 * put in breaks the chain. Several processes may write to one file. Whoever may write the file can write all of it anew: compare
 * `head` with one that was kept elsewhere.
 */
export class AuditLog {
  readonly #path: string

  /** @param path the file; mode 0600, made with the first event. */
  constructor(path: string) {
    this.#path = path
  }

  /**
   * Adds an event; it is on the disk when this resolves. The rest of a record whose writer was killed is cut off first, and that is
   * a record too.
   * @throws `invalid_input` where the last line is none of this log's.
   */
  async append(event: AuditEvent): Promise<AuditRecord> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
    return withLock(this.#path, async () => {
      const file = await open(this.#path, 'a+', 0o600)
      try {
        const { last, torn } = await this.#end(file)
        let before = last
        if (torn > 0) before = await write(file, before, repaired(torn))
        const record = await write(file, before, event)
        await file.sync()
        return record
      } finally {
        await file.close()
      }
    })
  }

  /** Reads the records, oldest first, and checks each against the one before. Stops at the first that does not fit. */
  async *read(): AsyncIterable<AuditRecord | { readonly problem: string }> {
    let file: FileHandle
    try {
      file = await open(this.#path, 'r')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
      throw error
    }
    let before: AuditRecord | undefined
    for await (const line of createInterface({
      input: file.createReadStream({ encoding: 'utf8' }),
      crlfDelay: Infinity,
    })) {
      const record = parse(line)
      const problem = record === undefined ? 'it is no record' : problemOf(record, before)
      if (record === undefined || problem !== undefined) {
        yield { problem: problem ?? '' }
        return
      }
      yield record
      before = record
    }
  }

  /**
   * Checks the whole chain.
   * @param options.head the hash of a record that was kept elsewhere: it must be there.
   */
  async verify(options: { readonly head?: string | undefined } = {}): Promise<AuditVerdict> {
    let records = 0
    let head = genesis
    let met = options.head === undefined || options.head === genesis
    for await (const record of this.read()) {
      if ('problem' in record) return { records, head, problem: { line: records + 1, reason: record.problem } }
      records += 1
      head = record.hash
      met ||= head === options.head
    }
    if (!met)
      return {
        records,
        head,
        problem: { line: records + 1, reason: 'the record that was kept elsewhere is not there' },
      }
    return { records, head }
  }

  /** The last whole record, and how many bytes of a torn one were cut off behind it. */
  async #end(file: FileHandle): Promise<{ last: AuditRecord | undefined; torn: number }> {
    const { size } = await file.stat()
    if (size === 0) return { last: undefined, torn: 0 }
    const length = Math.min(size, tailBytes)
    const tail = Buffer.alloc(length)
    await file.read(tail, 0, length, size - length)
    const end = tail.lastIndexOf(10)
    const torn = length - end - 1
    if (torn > 0) await file.truncate(size - torn)
    if (end < 0) {
      if (size > tailBytes) throw this.#none()
      return { last: undefined, torn }
    }
    const last = parse(tail.toString('utf8', tail.lastIndexOf(10, end - 1) + 1, end))
    if (last === undefined) throw this.#none()
    return { last, torn }
  }

  #none(): Error {
    return invalidInput(
      `The last line of ${this.#path} is no record of an audit log. Put the file aside; a new one is begun.`,
    )
  }
}

async function write(file: FileHandle, before: AuditRecord | undefined, event: AuditEvent): Promise<AuditRecord> {
  const body = {
    sequence: (before?.sequence ?? 0) + 1,
    at: new Date().toISOString(),
    ...event,
    previous: before?.hash ?? genesis,
  }
  const record = { ...body, hash: hashOf(body) }
  await file.appendFile(`${JSON.stringify(record)}\n`)
  return record
}

function repaired(torn: number): AuditEvent {
  return {
    actor: 'audit log',
    action: 'audit repair',
    subject: 'torn record',
    outcome: 'done',
    detail: { bytes: torn },
  }
}

function problemOf({ hash, ...body }: AuditRecord, before: AuditRecord | undefined): string | undefined {
  if (hashOf(body) !== hash) return 'it was changed'
  if (body.previous !== (before?.hash ?? genesis) || body.sequence !== (before?.sequence ?? 0) + 1)
    return 'it does not follow the one before: one was taken out, put in or moved'
  return undefined
}

function hashOf(body: object): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('hex')
}

function parse(line: string): AuditRecord | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isPlainObject(value) && typeof value['hash'] === 'string' ? (value as unknown as AuditRecord) : undefined
  } catch {
    return undefined
  }
}
