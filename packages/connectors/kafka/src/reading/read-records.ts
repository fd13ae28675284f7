import { ConnectorError, invalidInput, isError, type Page, type ReadContext } from '@casare/core'
import type { ArrivedRecord, Fetched } from '../driver/driver.ts'
import type { KafkaClient } from '../kafka-client.ts'
import { noPartition } from '../no-partition.ts'
import type { Decode, KafkaRecord } from '../record.ts'
import { RecordReader } from '../record-reader.ts'

const defaultPageRecords = 500
const maxFetchBytes = 1_048_576

/** Where a read begins in each partition. */
export type ReadFrom =
  | 'earliest'
  | { readonly timestamp: string }
  | { readonly offsets: readonly { readonly partition: number; readonly offset: string }[] }

/** What is read. */
export interface ReadInput {
  readonly topic: string
  readonly partitions?: readonly number[] | undefined
  readonly from: ReadFrom
  readonly decode: Decode
}

/** Offsets by partition. */
export type Offsets = Readonly<Record<string, string>>

/** Where a read is. */
export interface ReadCursor {
  /** What comes next in each partition. */
  readonly positions: Offsets
  /** Up to where this read goes; absent when it is there. */
  readonly ends?: Offsets | undefined
}

/**
 * Reads partitions one after the other up to where they ended when the read began, past any group. A read that goes on from
 * the cursor of one that was through begins anew: up to where the partitions end by then.
 */
export async function* readRecords(
  client: KafkaClient,
  input: ReadInput,
  context: ReadContext<ReadCursor>,
): AsyncGenerator<Page<KafkaRecord, ReadCursor>> {
  const { cursor, signal, maxRecords = defaultPageRecords } = context
  const { topic } = input
  const { positions, ends } = await bounds(client, input, cursor, signal)
  const cursorNow = (): ReadCursor =>
    isThrough(positions, ends) ? { positions: { ...positions } } : { positions: { ...positions }, ends }
  const fetch = (partition: string, offset: string): Promise<Fetched> => {
    const fetching = client.call('a fetch', signal, (driver) =>
      driver.fetch(topic, Number(partition), offset, maxFetchBytes),
    )
    // It is asked for ahead, and nobody may come for it.
    fetching.catch(() => undefined)
    return fetching
  }
  let last = false
  for (const partition of Object.keys(positions)) {
    const reader = new RecordReader(topic, Number(partition), input.decode)
    const end = BigInt(ends[partition] ?? 0)
    let at = positions[partition] as string
    let fetching = BigInt(at) < end ? fetch(partition, at) : undefined
    while (fetching !== undefined) {
      const { records, next } = await fetching
      const isStuck = next === at
      fetching = isStuck || BigInt(next) >= end ? undefined : fetch(partition, next)
      at = next
      const reached = BigInt(next) > end ? String(end) : next
      const wanted = records.filter(({ offset }) => BigInt(offset) < end)
      for (let index = 0; index < wanted.length; index += maxRecords) {
        const piece = wanted.slice(index, index + maxRecords)
        const following = wanted[index + maxRecords]
        for (const page of pagesOf(piece, reader, `${topic}/${partition}`)) {
          if ('failure' in page) throw page.failure
          positions[partition] = page.whole ? (following?.offset ?? reached) : page.next
          const now = cursorNow()
          last = now.ends === undefined
          yield { records: page.records, cursor: now, last }
        }
      }
      positions[partition] = reached
    }
  }
  if (!last) yield { records: [], cursor: cursorNow(), last: true }
}

type Piece =
  | { readonly records: readonly KafkaRecord[]; readonly whole: boolean; readonly next: string }
  | { readonly failure: ConnectorError }

/** The records, and the error of one that cannot be read after those before it. */
function* pagesOf(arrived: readonly ArrivedRecord[], reader: RecordReader, place: string): Generator<Piece> {
  const records: KafkaRecord[] = []
  for (const one of arrived) {
    try {
      records.push(reader.read(one))
    } catch (error) {
      if (records.length > 0) yield { records, whole: false, next: one.offset }
      yield {
        failure: invalidInput(`Kafka: the record at ${place}/${one.offset} cannot be read: ${textOf(error)}`, error),
      }
    }
  }
  yield { records, whole: true, next: '' }
}

function textOf(error: unknown): string {
  return isError(error) ? error.message : String(error)
}

interface Bounds {
  readonly positions: Record<string, string>
  readonly ends: Offsets
}

async function bounds(
  client: KafkaClient,
  input: ReadInput,
  cursor: ReadCursor | undefined,
  signal: AbortSignal,
): Promise<Bounds> {
  const { topic, from } = input
  const count = (await client.partitions(topic, signal)).length
  const named = [
    ...(input.partitions ?? []),
    ...(typeof from === 'object' && 'offsets' in from ? from.offsets.map(({ partition }) => partition) : []),
  ]
  const unknown = named.find((partition) => partition >= count)
  if (unknown !== undefined) throw noPartition(topic, unknown, count)
  const offsets = await client.call('the offsets', signal, (driver) => driver.offsets(topic))
  const starts = await startsOf(client, input, signal)
  const goesOn = cursor?.ends !== undefined
  const positions: Record<string, string> = {}
  const ends: Record<string, string> = {}
  for (const { partition, low, high } of offsets) {
    if (input.partitions !== undefined && !input.partitions.includes(partition)) continue
    const position = cursor?.positions[partition] ?? starts.get(partition) ?? low
    if (BigInt(position) > BigInt(high)) throw pastTheEnd(`${topic}/${partition}`, position, high)
    positions[partition] = position
    // A partition that is new since then has its turn in the next read.
    ends[partition] = goesOn ? (cursor.ends?.[partition] ?? position) : high
  }
  return { positions, ends }
}

/** Reading on from there would leave out whatever is written until the partition has grown that far. */
function pastTheEnd(place: string, position: string, high: string): ConnectorError {
  return new ConnectorError({
    code: 'not_found',
    message: `Kafka: ${place} ends before offset ${high}, and is to be read from ${position}; was the topic made anew? Begin without the cursor then.`,
  })
}

async function startsOf(
  client: KafkaClient,
  { topic, from }: ReadInput,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, string>> {
  if (from === 'earliest') return new Map()
  const found =
    'offsets' in from
      ? from.offsets
      : await client.call('the offsets', signal, (driver) => driver.offsetsAt(topic, Date.parse(from.timestamp)))
  return new Map(found.map(({ partition, offset }) => [partition, offset]))
}

function isThrough(positions: Offsets, ends: Offsets): boolean {
  return Object.keys(positions).every((partition) => BigInt(positions[partition] ?? 0) >= BigInt(ends[partition] ?? 0))
}
