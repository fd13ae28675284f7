// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- it declares a module of kafkajs, and is none itself
/// <reference path="./kafkajs-internals.d.ts" />
import { ConnectorError } from '@casare/core'
import type { Kafka, KafkaMessage } from 'kafkajs'
import type { ArrivedRecord, Fetched, Position } from './driver.ts'

const fetchWaitMs = 500
/** Answers by which the leader is another one by now (https://kafka.apache.org/protocol#protocol_error_codes). */
const stale = new Set(['NOT_LEADER_FOR_PARTITION', 'UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE'])

interface FetchedPartition {
  readonly partition: number
  readonly highWatermark: string
  /** Absent in the answers of old brokers. */
  readonly lastStableOffset?: string
}

interface Broker {
  offsetCommit(request: object): Promise<unknown>
  fetch(request: object): Promise<{ responses: readonly { partitions: readonly FetchedPartition[] }[] }>
}

/** https://github.com/tulios/kafkajs/blob/v2.2.4/src/cluster/index.js */
interface Cluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  addTargetTopic(topic: string): Promise<void>
  refreshMetadata(): Promise<void>
  refreshMetadataIfNecessary(): Promise<void>
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, readonly number[]>>
  findGroupCoordinator(which: { groupId: string }): Promise<Broker>
  findBroker(which: { nodeId: string }): Promise<Broker>
}

/** What kafkajs does for its consumers, and offers nobody else: it is behind a symbol. */
export class KafkajsBackstage {
  readonly #kafka: Kafka
  readonly #metadataMaxAge: number
  #connected: Promise<Cluster> | undefined

  constructor(kafka: Kafka, metadataMaxAge: number) {
    this.#kafka = kafka
    this.#metadataMaxAge = metadataMaxAge
  }

  /** Records of a partition, past any group. */
  async fetch(topic: string, partition: number, offset: string, maxBytes: number): Promise<Fetched> {
    const { default: Batch } = await import('kafkajs/src/consumer/batch.js')
    const cluster = await this.#cluster()
    await cluster.addTargetTopic(topic)
    try {
      await cluster.refreshMetadataIfNecessary()
      const [leader] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
      if (leader === undefined) throw noLeader(topic, partition)
      const broker = await cluster.findBroker({ nodeId: leader })
      const { responses } = await broker.fetch({
        maxWaitTime: fetchWaitMs,
        minBytes: 1,
        maxBytes,
        topics: [{ topic, partitions: [{ partition, fetchOffset: offset, maxBytes }] }],
      })
      const data = responses[0]?.partitions[0]
      if (data === undefined) return { records: [], next: offset }
      const batch = new Batch(topic, offset, data)
      return { records: batch.messages as readonly ArrivedRecord[], next: nextOf(batch.rawMessages, data, offset) }
    } catch (error) {
      if (stale.has(String((error as { type?: unknown }).type))) await cluster.refreshMetadata()
      throw error
    }
  }

  /** Moves a group that has no members, as the Java client does it: as a member of no generation. */
  async commit(group: string, topic: string, positions: readonly Position[]): Promise<void> {
    const cluster = await this.#cluster()
    const coordinator = await cluster.findGroupCoordinator({ groupId: group })
    await coordinator.offsetCommit({
      groupId: group,
      groupGenerationId: -1,
      memberId: '',
      topics: [{ topic, partitions: positions.map(({ partition, offset }) => ({ partition, offset })) }],
    })
  }

  async close(): Promise<void> {
    await (await this.#connected)?.disconnect()
  }

  #cluster(): Promise<Cluster> {
    this.#connected ??= this.#connect()
    this.#connected.catch(() => (this.#connected = undefined))
    return this.#connected
  }

  async #connect(): Promise<Cluster> {
    const cluster = clusterOf(this.#kafka, {
      metadataMaxAge: this.#metadataMaxAge,
      allowAutoTopicCreation: false,
      isolationLevel: readCommitted,
    })
    await cluster.connect()
    return cluster
  }
}

const readCommitted = 1

/** Where to go on. Where compaction left nothing, that is what no open transaction holds back. */
function nextOf(messages: readonly KafkaMessage[], data: FetchedPartition, offset: string): string {
  const last = messages.at(-1)?.offset
  const candidate = last === undefined ? BigInt(data.lastStableOffset ?? data.highWatermark) : BigInt(last) + 1n
  return candidate > BigInt(offset) ? String(candidate) : offset
}

function clusterOf(kafka: Kafka, options: object): Cluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  )
  const create = symbol === undefined ? undefined : (Reflect.get(kafka, symbol) as (options: object) => Cluster)
  if (create !== undefined) return create(options)
  throw new ConnectorError({
    code: 'unsupported',
    message: 'Kafka: this version of kafkajs lets nobody read past a group; 2.2.4 does.',
  })
}

function noLeader(topic: string, partition: number): ConnectorError {
  return new ConnectorError({
    code: 'unavailable',
    message: `Kafka: partition ${partition} of "${topic}" has no leader at present.`,
  })
}
