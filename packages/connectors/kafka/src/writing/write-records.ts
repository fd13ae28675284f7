import { ConnectorError, type WriteContext, type WriteFailure } from '@casare/core'
import { abortable, silent } from '../abortable.ts'
import type { SendOptions, SentRecord } from '../driver/driver.ts'
import { factsFor } from '../errors.ts'
import type { KafkaClient } from '../kafka-client.ts'
import { noPartition } from '../no-partition.ts'
import type { OutgoingRecord } from '../record.ts'
import { toSent } from '../to-sent.ts'

/** A record batch of more than 1 MB is refused by the brokers' defaults (https://kafka.apache.org/documentation/#topicconfigs_max.message.bytes). */
const maxBatchBytes = 900_000
const overheadBytes = 64
const tooLarge = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP'])

/** What is written where, and how. */
export interface WriteTarget {
  readonly topic: string
  readonly compression: 'none' | 'gzip'
  readonly acks: 'all' | 'leader'
}

/** What goes to one partition, in its order. */
interface Placed {
  /** Where each is in the batch. */
  readonly indexes: number[]
  readonly records: SentRecord[]
}

/** Appends records to their partitions, in their order within each, and answers for each record. */
export async function writeRecords(
  client: KafkaClient,
  records: readonly OutgoingRecord[],
  target: WriteTarget,
  context: WriteContext,
): Promise<readonly WriteFailure[]> {
  const partitions = await client.partitions(target.topic, context.signal)
  const writer = new Writer(client, target, context)
  const byPartition = new Map<number, Placed>()
  const forKeyless = partitions[Math.floor(Math.random() * partitions.length)]?.partition ?? 0
  for (let index = 0; index < records.length; index += 1) {
    const record = records[index] as OutgoingRecord
    try {
      const sent = toSent(record)
      let { partition } = record
      if (partition === undefined)
        partition = sent.key === null ? forKeyless : client.driver.partitionFor(sent.key, partitions, target.topic)
      else if (partition >= partitions.length) throw noPartition(target.topic, partition, partitions.length)
      let placed = byPartition.get(partition)
      if (placed === undefined) byPartition.set(partition, (placed = { indexes: [], records: [] }))
      placed.indexes.push(index)
      placed.records.push(sent)
    } catch (error) {
      writer.failures.push({ index, error })
    }
  }
  await Promise.all([...byPartition].map(([partition, placed]) => writer.append(partition, placed)))
  return writer.failures
}

class Writer {
  readonly failures: WriteFailure[] = []
  readonly #client: KafkaClient
  readonly #target: WriteTarget
  readonly #context: WriteContext
  readonly #options: SendOptions

  constructor(client: KafkaClient, target: WriteTarget, context: WriteContext) {
    this.#client = client
    this.#target = target
    this.#context = context
    const { compression, acks } = target
    this.#options = { compression, acks: acks === 'all' ? -1 : 1, timeoutMs: client.timeouts.readMs }
  }

  /** Sends what goes to one partition in pieces that brokers take. After a failure nothing follows: it would overtake. */
  async append(partition: number, placed: Placed): Promise<void> {
    const { length } = placed.records
    for (let from = 0; from < length;) {
      const to = endOfPiece(placed.records, from)
      if (!(await this.#send(partition, piece(placed, from, to)))) {
        for (const index of placed.indexes.slice(to)) this.failures.push({ index, error: heldBack })
        return
      }
      from = to
    }
  }

  /** @returns whether what follows may be sent. */
  async #send(partition: number, placed: Placed): Promise<boolean> {
    const { signal, effect } = this.#context
    const limitMs = this.#options.timeoutMs + this.#client.timeouts.connectMs
    try {
      const sending = this.#client.driver.send(this.#target.topic, partition, placed.records, this.#options)
      await abortable(sending, { signal, limitMs, late: () => silent('the records', limitMs) })
      return true
    } catch (error) {
      if (signal.aborted) throw error
      const facts = factsFor(error)
      // Refused as a whole, for one of them: found by halving. The others are written.
      if (tooLarge.has(facts.vendorCode ?? '') && placed.records.length > 1) {
        const middle = Math.ceil(placed.records.length / 2)
        const first = await this.#send(partition, piece(placed, 0, middle))
        return (await this.#send(partition, piece(placed, middle, placed.records.length))) && first
      }
      if (facts.code === 'unavailable' || facts.code === 'not_found') this.#client.forget(this.#target.topic)
      const failure = new ConnectorError(
        facts.applied === 'no' || effect !== 'unsafe'
          ? facts
          : { ...facts, code: 'outcome_unknown', transient: false, message: `${facts.message} ${look}` },
      )
      for (const index of placed.indexes) this.failures.push({ index, error: failure })
      return tooLarge.has(facts.vendorCode ?? '')
    }
  }
}

const look = 'Nobody can tell whether the record is in its partition; look before you write it again.'

const heldBack = new ConnectorError({
  code: 'unavailable',
  applied: 'no',
  message: 'Kafka: not sent, because a record before it in its partition failed.',
})

function piece({ indexes, records }: Placed, from: number, to: number): Placed {
  return from === 0 && to === records.length
    ? { indexes, records }
    : { indexes: indexes.slice(from, to), records: records.slice(from, to) }
}

function endOfPiece(records: readonly SentRecord[], from: number): number {
  let bytes = 0
  for (let at = from; at < records.length; at += 1) {
    const { key, value, headers } = records[at] as SentRecord
    bytes += overheadBytes + (key?.length ?? 0) + (value === null ? 0 : Buffer.byteLength(value))
    for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0)
    if (bytes > maxBatchBytes && at > from) return at
  }
  return records.length
}
