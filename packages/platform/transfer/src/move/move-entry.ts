import { ConnectorError } from '@casare/core'
import { createHash } from 'node:crypto'
import type { Journal } from '../journal/journal.ts'
import type { Entry, OpenedEntry, SourceStore, StoredEntry, TargetStore } from '../stores/store.ts'
import { Crc32, crc32Text } from './crc32.ts'
import { moveInParts } from './move-in-parts.ts'
import type { Slots } from './slots.ts'
import type { Throttle } from './throttle.ts'

/** What all entries of a transfer share. */
export interface Move {
  readonly source: SourceStore
  readonly target: TargetStore
  readonly journal: Journal
  readonly throttle: Throttle
  /** Parts of all entries under way at once. */
  readonly parts: Slots
  readonly partBytes: number | undefined
  readonly signal: AbortSignal
  /** Bytes that went through here. */
  readonly moved: (bytes: number) => void
  /** Bytes that an earlier process had sent. */
  readonly resumed: (bytes: number) => void
}

/** How an entry arrived. */
export interface Moved {
  readonly size: number
  readonly etag: string | undefined
  readonly how: 'put' | 'parts' | 'copied'
  readonly crc32?: string | undefined
}

/** Entries up to this many bytes are sent by one request, from memory. */
const wholeBytes = 4 * 1024 * 1024

/** Moves one entry: on the store's side where it can, in one request where it is small, else in parts. */
export async function moveEntry(move: Move, entry: Entry, targetKey: string): Promise<Moved> {
  const { source, target, journal, signal } = move
  const copied = await target.copyFrom?.(source, entry, targetKey, signal)
  if (copied !== undefined) return { size: entry.size ?? 0, etag: copied.etag, how: 'copied' }
  if (entry.size === undefined || entry.size > wholeBytes || journal.state.uploads.has(targetKey))
    return moveInParts(move, entry, targetKey)
  const opened = await source.open(entry.key, undefined, signal)
  const small = await readWhole(move, opened)
  if (small === undefined) return moveInParts(move, entry, targetKey)
  const sum = new Crc32()
  sum.update(small)
  const md5 = createHash('md5').update(small).digest('base64')
  checkSums(entry.key, { ...opened, what: source.name }, md5, sum)
  const stored = await target.put(targetKey, small, opened.attributes, signal)
  checkSums(entry.key, { ...stored, what: target.name }, md5, sum)
  return { size: small.byteLength, etag: stored.etag, how: 'put', crc32: crc32Text(sum.value) }
}

/** The bytes in memory; `undefined` where there are more than was told. */
async function readWhole(move: Move, opened: OpenedEntry): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  const count = (chunk: Uint8Array): void => move.moved(chunk.byteLength)
  for await (const chunk of move.throttle.pass(opened.body, count, move.signal)) {
    length += chunk.byteLength
    if (length > wholeBytes) {
      move.moved(-length)
      return undefined
    }
    chunks.push(chunk)
  }
  const { size } = opened.entry
  if (size !== undefined && size !== length)
    throw new ConnectorError({
      code: 'conflict',
      message: `${opened.entry.key} was said to have ${size} bytes and has ${length}: it was changed while it was read.`,
    })
  return Buffer.concat(chunks, length)
}

/** @throws `internal` where a store has another sum than the bytes that went by */
export function checkSums(
  key: string,
  { sums, what }: Pick<StoredEntry, 'sums'> & { what: string },
  md5: string | undefined,
  sum: Crc32,
): void {
  const crc32 = crc32Text(sum.value)
  const wrong =
    md5 !== undefined && sums['md5'] !== undefined && sums['md5'] !== md5
      ? 'MD5'
      : sums['crc32'] !== undefined && sums['crc32'] !== crc32
        ? 'CRC-32'
        : undefined
  if (wrong !== undefined) throw damaged(key, what, wrong)
}

export function damaged(key: string, where: string, sum: string): ConnectorError {
  return new ConnectorError({
    code: 'internal',
    message: `${key}: the ${sum} of what went by is not the one that ${where} tells: the bytes were damaged on the way.`,
  })
}
