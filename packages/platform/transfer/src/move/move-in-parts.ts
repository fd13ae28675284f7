import { ConnectorError } from '@casare/core'
import type { OpenUpload } from '../journal/journal.ts'
import type { Entry, OpenedEntry, OutgoingPart, PartUpload, SentPart, StoredEntry } from '../stores/store.ts'
import { Crc32, crc32Text, joinCrc32 } from './crc32.ts'
import { checkSums, type Move, type Moved } from './move-entry.ts'
import { spooledParts } from './spooled-parts.ts'

const mebibyte = 1024 * 1024
const defaultPartBytes = 16 * mebibyte
/** Fewer than any store allows, so that a source that grows a little still fits. */
const maxParts = 9_500

/** A part with what frees the resources it holds. */
interface WaitingPart extends OutgoingPart {
  free?(): Promise<void>
}

/**
 * Moves an entry in parts. Parts of a source that tells its size are read by range, side by side, and never held in memory;
 * those of a source that does not are spooled to files. Each part that the target has is written to the journal.
 */
export async function moveInParts(move: Move, entry: Entry, targetKey: string): Promise<Moved> {
  const { source, journal, signal } = move
  const earlier = journal.state.uploads.get(targetKey)
  if (entry.size === undefined) {
    // Nothing says that the source is still the same: an upload of an earlier process cannot go on.
    if (earlier !== undefined) await drop(move, targetKey, await move.target.resume(earlier.saved, signal))
    const opened = await source.open(entry.key, undefined, signal)
    const begun = await begin(move, opened, targetKey)
    return keeping(
      move,
      targetKey,
      begun.upload,
      () => false,
      () =>
        new PartsMove(move, entry, targetKey, begun).run(opened, (partBytes) => spooledParts(opened.body, partBytes)),
    )
  }
  const described = await source.describe(entry.key, signal)
  const there = { ...entry, ...described.entry }
  const begun =
    (earlier === undefined ? undefined : await takeUp(move, there, targetKey, earlier)) ??
    (await begin(move, { ...described, entry: there }, targetKey))
  const mayGoOn = (error: unknown): boolean => !ConnectorError.is(error, 'conflict')
  return keeping(move, targetKey, begun.upload, mayGoOn, () =>
    new PartsMove(move, there, targetKey, begun).run(described, (partBytes) => rangedParts(move, there, partBytes)),
  )
}

/** Where an upload fails and can never go on, its parts are freed; else they wait for the next run. */
async function keeping<T>(
  move: Move,
  targetKey: string,
  upload: PartUpload,
  mayGoOn: (error: unknown) => boolean,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (!mayGoOn(error)) await drop(move, targetKey, upload).catch(() => undefined)
    throw error
  }
}

async function drop(move: Move, targetKey: string, upload: PartUpload | undefined): Promise<void> {
  await upload?.abort()
  move.journal.state.uploads.delete(targetKey)
  await move.journal.write({ type: 'dropped', key: targetKey })
}

interface Begun {
  readonly upload: PartUpload
  readonly partBytes: number
  /** Parts of an earlier process, by number. */
  readonly known: Map<number, { readonly part: SentPart; readonly crc32: number | undefined }>
}

async function begin(move: Move, { entry, attributes }: Omit<OpenedEntry, 'body'>, targetKey: string): Promise<Begun> {
  const { size, etag } = entry
  const partBytes = partBytesFor(size, move.partBytes)
  const upload = await move.target.begin(targetKey, attributes, { whole: size, part: partBytes }, move.signal)
  await move.journal.write({ type: 'upload', key: targetKey, size, etag, partBytes, saved: upload.saved })
  return { upload, partBytes, known: new Map() }
}

/** Goes on with an upload, where the source is still the same and the target still has it. */
async function takeUp(move: Move, entry: Entry, targetKey: string, earlier: OpenUpload): Promise<Begun | undefined> {
  const upload = await move.target.resume(earlier.saved, move.signal)
  if (upload === undefined) return undefined
  if (earlier.size === undefined || earlier.etag === undefined || earlier.etag !== entry.etag) {
    await drop(move, targetKey, upload)
    return undefined
  }
  // What the target says counts; the journal knows the sums, and the parts where the target does not tell.
  const parts = upload.present ?? [...earlier.parts.values()].map(({ part }) => part)
  const known: Begun['known'] = new Map()
  for (const part of parts) {
    const sent = earlier.parts.get(part.number)
    // A target that counts bytes tells no receipts.
    const kept = part.etag === '' && sent?.part.size === part.size ? sent.part : part
    known.set(part.number, { part: kept, crc32: sent?.crc32 })
  }
  return { upload, partBytes: earlier.partBytes, known }
}

function partBytesFor(size: number | undefined, wish: number | undefined): number {
  const needed = size === undefined ? 0 : Math.ceil(size / maxParts)
  return Math.ceil(Math.max(wish ?? defaultPartBytes, needed) / mebibyte) * mebibyte
}

async function* rangedParts(move: Move, { key, size = 0, etag }: Entry, partBytes: number): AsyncIterable<WaitingPart> {
  const count = Math.max(1, Math.ceil(size / partBytes))
  for (let number = 1; number <= count; number += 1) {
    const offset = (number - 1) * partBytes
    const length = Math.min(partBytes, size - offset)
    yield {
      number,
      offset,
      length,
      last: number === count,
      async *open() {
        if (length > 0) yield* (await move.source.open(key, { offset, length, etag }, move.signal)).body
      },
    }
  }
}

class PartsMove {
  readonly #move: Move
  readonly #entry: Entry
  readonly #targetKey: string
  readonly #begun: Begun
  readonly #sent: SentPart[] = []
  readonly #sums = new Map<number, { crc32: number | undefined; length: number }>()
  #failure: { readonly error: unknown } | undefined

  constructor(move: Move, entry: Entry, targetKey: string, begun: Begun) {
    this.#move = move
    this.#entry = entry
    this.#targetKey = targetKey
    this.#begun = begun
  }

  async run(
    described: Pick<OpenedEntry, 'sums'>,
    parts: (partBytes: number) => AsyncIterable<WaitingPart>,
  ): Promise<Moved> {
    const { upload, partBytes } = this.#begun
    const { source, target, signal } = this.#move
    await this.#sendAll(parts(partBytes), upload)
    const sent = this.#sent.toSorted((one, other) => one.number - other.number)
    const stored = await upload.complete(sent, signal)
    const size = sent.reduce((sum, part) => sum + part.size, 0)
    const whole = this.#wholeSum()
    if (whole !== undefined) {
      await this.#check(described, source.name, whole)
      await this.#check(stored, target.name, whole)
    }
    return { size, etag: stored.etag, how: 'parts', crc32: whole === undefined ? undefined : crc32Text(whole.value) }
  }

  /** A damaged object is not left behind for somebody to use. */
  async #check({ sums }: Pick<StoredEntry, 'sums'>, what: string, whole: Crc32): Promise<void> {
    try {
      checkSums(this.#entry.key, { sums, what }, undefined, whole)
    } catch (error) {
      await this.#move.target.remove(this.#targetKey, this.#move.signal)
      throw error
    }
  }

  async #sendAll(parts: AsyncIterable<WaitingPart>, upload: PartUpload): Promise<void> {
    const running = new Set<Promise<void>>()
    // Enough to keep all slots busy; what is read ahead is bounded by it.
    const ahead = upload.inOrder ? 1 : 8
    for await (const part of parts) {
      const known = this.#begun.known.get(part.number)
      if (known?.part.size === part.length) {
        this.#sent.push(known.part)
        this.#sums.set(part.number, { crc32: known.crc32, length: part.length })
        this.#move.resumed(part.length)
        await part.free?.()
        continue
      }
      while (running.size >= ahead && this.#failure === undefined) await Promise.race(running)
      if (this.#failure !== undefined) break
      const one = this.#move.parts
        // Told within the slot: no part begins behind one that failed.
        .run(() => this.#sendOne(part, upload).catch((error: unknown) => void (this.#failure ??= { error })))
        .finally(() => part.free?.())
        .finally(() => running.delete(one))
      running.add(one)
    }
    await Promise.all(running)
    if (this.#failure !== undefined) throw this.#failure.error
  }

  async #sendOne(part: OutgoingPart, upload: PartUpload): Promise<void> {
    if (this.#failure !== undefined) return
    const { throttle, signal, moved, journal } = this.#move
    let sum = new Crc32()
    const open = (): AsyncIterable<Uint8Array> => {
      // Each attempt begins again, the sum and the count with it.
      moved(-sum.length)
      sum = new Crc32()
      const own = sum
      const count = (chunk: Uint8Array): void => {
        own.update(chunk)
        moved(chunk.byteLength)
      }
      return throttle.pass(part.open(), count, signal)
    }
    const sent = await upload.send({ ...part, open }, signal)
    if (sent.size !== part.length || sum.length !== part.length) throw cutShort(this.#entry.key, part, sum.length)
    this.#sent.push(sent)
    this.#sums.set(part.number, { crc32: sum.value, length: part.length })
    await journal.write({ type: 'part', key: this.#targetKey, part: sent, crc32: sum.value })
  }

  /** The sum over the whole, where the sum of each part is known. */
  #wholeSum(): Crc32 | undefined {
    const whole = new Crc32()
    for (let number = 1; number <= this.#sums.size; number += 1) {
      const part = this.#sums.get(number)
      if (part?.crc32 === undefined) return undefined
      whole.value = joinCrc32(whole.value, part.crc32, part.length)
      whole.length += part.length
    }
    return whole
  }
}

function cutShort(key: string, { number, length }: OutgoingPart, received: number): ConnectorError {
  return new ConnectorError({
    code: 'conflict',
    message: `${key}: part ${number} should have ${length} bytes, ${received} went by: the source was changed, or cut short.`,
  })
}
