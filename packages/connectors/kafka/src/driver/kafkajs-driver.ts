import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { ConnectorError, Secret, type OpenContext } from '@casare/core'
import type { Admin, Consumer, ISocketFactory, KafkaMessage, Message, Producer, SASLOptions } from 'kafkajs'
import { abortable } from '../abortable.ts'
import type { ParsedConfig } from '../config.ts'
import { egressRules, isSecure } from '../egress.ts'
import type { ArrivedRecord, JoinOptions, KafkaDriver, Member, Partition, SentRecord } from './driver.ts'

import { KafkajsBackstage } from './kafkajs-backstage.ts'
import { handOutWholeFrames } from './whole-frames.ts'

const closeMs = 3_000
const heartbeatsPerSession = 6
const metadataMaxAgeMs = 60_000

/** kafkajs (https://kafka.js.org/docs/configuration): without its own retries, its log and its way to connect. */
export async function kafkajsDriver(config: ParsedConfig, context: OpenContext): Promise<KafkaDriver> {
  const { Kafka, logLevel, CompressionTypes, Partitioners } = await load()
  const { timeouts } = context
  const sockets = new Set<Socket>()
  const kafka = new Kafka({
    clientId: config.clientId,
    brokers: [...config.brokers],
    ...(config.sasl === undefined ? {} : { sasl: saslOf(config.sasl) }),
    connectionTimeout: timeouts.connectMs,
    authenticationTimeout: timeouts.connectMs,
    requestTimeout: timeouts.readMs,
    retry: { retries: 0, initialRetryTime: 50 },
    logLevel: logLevel.NOTHING,
    logCreator: () => () => undefined,
    socketFactory: socketFactory(config, context, sockets),
  })
  const admin: Admin = kafka.admin({ retry: { retries: 0 } })
  const partition = Partitioners.DefaultPartitioner()
  const metadata = new WeakMap<readonly Partition[], ReturnType<typeof metadataOf>[]>()
  const members = new Set<Consumer>()
  const backstage = new KafkajsBackstage(kafka, metadataMaxAgeMs)
  let producer: Promise<Producer> | undefined

  const connectedProducer = (): Promise<Producer> => {
    producer ??= (async () => {
      const created = kafka.producer({
        allowAutoTopicCreation: false,
        createPartitioner: Partitioners.DefaultPartitioner,
        metadataMaxAge: metadataMaxAgeMs,
        retry: { retries: 0 },
      })
      await created.connect()
      return created
    })()
    producer.catch(() => (producer = undefined))
    return producer
  }

  // A refresh of what one call knows of the cluster takes away what another one has just looked up.
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(ask: () => Promise<T>): Promise<T> => {
    const answered = turn.then(ask).catch(metadataLost)
    turn = answered.catch(() => undefined)
    return answered
  }

  const destroyAll = (): void => {
    for (const socket of sockets) socket.destroy(new Error('the connection was ended'))
  }
  const close = async (): Promise<void> => {
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, closeMs)
    const ending = Promise.allSettled([
      admin.disconnect(),
      producer?.then((one) => one.disconnect()),
      backstage.close(),
      ...[...members].map((one) => one.disconnect()),
    ])
    await Promise.race([ending, late])
    clearTimeout(timer)
    destroyAll()
  }

  try {
    const limitMs = timeouts.connectMs
    await abortable(admin.connect(), { signal: context.signal, limitMs, late: () => noConnection(limitMs) })
  } catch (error) {
    destroyAll()
    throw error
  }

  return {
    topics: () => admin.listTopics(),
    async partitions(topic) {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      return (topics[0]?.partitions ?? [])
        .map(({ partitionId, leader, replicas, isr }) => ({ partition: partitionId, leader, replicas, inSync: isr }))
        .sort((a, b) => a.partition - b.partition)
    },
    createTopic: (topic, { partitions, replicationFactor, settings }) =>
      admin.createTopics({
        waitForLeaders: true,
        timeout: timeouts.readMs,
        topics: [
          {
            topic,
            numPartitions: partitions,
            replicationFactor,
            configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
          },
        ],
      }),
    deleteTopic: (topic) => admin.deleteTopics({ topics: [topic], timeout: timeouts.readMs }),
    async offsets(topic) {
      const found = await inTurn(() => admin.fetchTopicOffsets(topic))
      return found
        .map(({ partition: number, low, high }) => ({ partition: number, low, high }))
        .sort((a, b) => a.partition - b.partition)
    },
    offsetsAt: (topic, timestampMs) => inTurn(() => admin.fetchTopicOffsetsByTimestamp(topic, timestampMs)),
    async groupOffsets(group, topic) {
      const [found] = await inTurn(() => admin.fetchOffsets({ groupId: group, topics: [topic] }))
      return (found?.partitions ?? [])
        .map(({ partition: number, offset }) => ({ partition: number, offset }))
        .sort((a, b) => a.partition - b.partition)
    },
    partitionFor(key, partitions, topic) {
      let partitionMetadata = metadata.get(partitions)
      if (partitionMetadata === undefined) {
        partitionMetadata = partitions.map(metadataOf)
        metadata.set(partitions, partitionMetadata)
      }
      return partition({ topic, partitionMetadata, message: { key, value: null } })
    },
    async send(topic, number, records, { compression, acks, timeoutMs }) {
      const sender = await connectedProducer()
      await sender.send({
        topic,
        acks,
        timeout: timeoutMs,
        compression: compression === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None,
        messages: forOnePartition(
          records.map((record) => messageOf(record, number)),
          number,
        ),
      })
    },
    fetch: (topic, number, offset, maxBytes) => backstage.fetch(topic, number, offset, maxBytes),
    moveGroup: (group, topic, positions) => backstage.commit(group, topic, positions),
    join: (options) => join(kafka.consumer.bind(kafka), options, members),
    close,
  }
}

function noConnection(limitMs: number): ConnectorError {
  return new ConnectorError({
    code: 'unavailable',
    applied: 'no',
    message: `Kafka: no connection within ${limitMs} ms; is the port right, and does it speak Kafka?`,
  })
}

type MakeConsumer = (options: Parameters<InstanceType<typeof import('kafkajs').Kafka>['consumer']>[0]) => Consumer

async function join(make: MakeConsumer, options: JoinOptions, members: Set<Consumer>): Promise<Member> {
  const heartbeatMs = Math.floor(options.sessionTimeoutMs / heartbeatsPerSession)
  const consumer = make({
    groupId: options.group,
    sessionTimeout: options.sessionTimeoutMs,
    rebalanceTimeout: options.rebalanceTimeoutMs,
    heartbeatInterval: heartbeatMs,
    maxBytes: options.maxBytes,
    maxBytesPerPartition: Math.min(options.maxBytes, 1_048_576),
    maxWaitTimeInMs: Math.min(1_000, heartbeatMs),
    metadataMaxAge: metadataMaxAgeMs,
    allowAutoTopicCreation: false,
    // Fetching is harmless to repeat, and leaving the group for each hiccup is not.
    retry: { retries: 3, initialRetryTime: 100, restartOnFailure: () => Promise.resolve(false) },
  })
  members.add(consumer)
  let seeks = 0
  let assigned: ReadonlyMap<string, readonly number[]> = new Map()
  const member: Member = {
    get assigned() {
      return assigned
    },
    commit: (topic, partition, next) => consumer.commitOffsets([{ topic, partition, offset: next }]),
    seek(topic, partition, offset) {
      seeks += 1
      consumer.seek({ topic, partition, offset })
    },
    pause: (topic, partitions) => consumer.pause([{ topic, partitions: [...partitions] }]),
    resume: (topic, partitions) => consumer.resume([{ topic, partitions: [...partitions] }]),
    async close() {
      members.delete(consumer)
      await consumer.disconnect()
    },
  }
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    assigned = new Map(Object.entries(payload.memberAssignment))
    options.onJoin(member)
  })
  consumer.on(consumer.events.HEARTBEAT, options.onAlive)
  consumer.on(consumer.events.FETCH, options.onAlive)
  consumer.on(consumer.events.CRASH, ({ payload }) => options.onCrash(payload.error))
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [...options.topics], fromBeginning: options.fromBeginning })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: options.partitionsAtOnce,
      eachBatch: async ({ batch, heartbeat, resolveOffset, isRunning, isStale }) => {
        // Asked before each record, and only a move of the position makes it stale.
        let lookedAt = -1
        await options.onBatch({
          topic: batch.topic,
          partition: batch.partition,
          records: batch.messages as readonly KafkaMessage[] as readonly ArrivedRecord[],
          isCurrent() {
            if (lookedAt === seeks) return isRunning()
            if (isStale()) return false
            lookedAt = seeks
            return isRunning()
          },
          heartbeat,
          handled: resolveOffset,
        })
      },
    })
    return member
  } catch (error) {
    await member.close().catch(() => undefined)
    throw error
  }
}

/** A socket of ours: to where the rules allow, with names verified, and within reach when the connection is closed. */
function socketFactory(config: ParsedConfig, context: OpenContext, sockets: Set<Socket>): ISocketFactory {
  const addressFor = egressRules(config, context)
  const secure = isSecure(config)
  const { ca, cert, key, serverName } = context.tls
  const options = {
    minVersion: 'TLSv1.2' as const,
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: Secret.is(key) ? key.reveal() : key }),
  }
  return (named) => {
    const { host, port } = addressFor(named)
    const name = serverName ?? (isIP(host) === 0 ? host : undefined)
    const socket = secure
      ? connectTls({ host, port, ...options, ...(name === undefined ? {} : { servername: name }) }, named.onConnect)
      : connectPlain({ host, port }, named.onConnect)
    handOutWholeFrames(socket)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 60_000)
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    return socket
  }
}

function saslOf({ mechanism, username, password }: NonNullable<ParsedConfig['sasl']>): SASLOptions {
  return { mechanism, username, password: password.reveal() }
}

function metadataOf({ partition, leader, replicas, inSync }: Partition) {
  return { partitionErrorCode: 0, partitionId: partition, leader, replicas: [...replicas], isr: [...inSync] }
}

function messageOf({ key, value, headers, timestamp }: SentRecord, partition: number): Message {
  return { key, value, headers, partition, timestamp } as Message
}

/**
 * kafkajs sorts messages into partitions by `reduce`, and copies all that it has so far for each. These are all for one.
 * (https://github.com/tulios/kafkajs/blob/v2.2.4/src/producer/groupMessagesPerPartition.js)
 */
function forOnePartition(messages: Message[], partition: number): Message[] {
  return Object.assign([...messages], { reduce: () => ({ [partition]: messages }) })
}

/** The package is CommonJS; what it exports is on its default where the loader cannot tell the names. */
async function load(): Promise<typeof import('kafkajs')> {
  const loaded = (await import('kafkajs')) as typeof import('kafkajs') & { default?: typeof import('kafkajs') }
  return loaded.default ?? loaded
}

/** kafkajs takes for granted that what it has just looked up is still there. */
function metadataLost(error: unknown): never {
  if (!(error instanceof TypeError)) throw error
  throw new ConnectorError({
    code: 'unavailable',
    applied: 'no',
    transient: true,
    message: 'Kafka: what is known of the cluster was renewed while partitions were looked up.',
    cause: error,
  })
}
