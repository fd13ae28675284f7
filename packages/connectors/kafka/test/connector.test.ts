import { defineConnector, type JsonPage } from '@casare/core'
import {
  connectorSuite,
  faultProxy,
  notApplicable,
  type Address,
  type DrivenConnection,
  type FaultProxy,
  type ListenSubject,
  type Peer,
  type Target,
} from '@casare/testing'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { kafka } from '../src/index.ts'
import { saslFront } from './sasl-front.ts'
import { startCluster, until, type Cluster } from './support.ts'

// The mock cluster creates and deletes no topics, and takes seconds to let a group be joined: those are tried apart.
const { createTopic: _create, deleteTopic: _delete, resetOffsets: _reset, ...operations } = kafka.spec.operations ?? {}
const tried = defineConnector({ ...kafka.spec, operations } as never) as unknown as typeof kafka

await describeWithPeer('kafka', {}, (peer) => {
  const facts: Peer = {
    name: 'Kafka (mock cluster of librdkafka)',
    get version() {
      return peer().version ?? 'unknown'
    },
    kind: 'other implementation',
  }
  interface World extends Target {
    readonly cluster: Cluster
    readonly proxy: FaultProxy
    /** The same cluster, where it asks who we are. */
    readonly guarded: Address
  }
  const worldOf = (target: Target): World => target as World
  const topic = 'casare-test'
  const dead = 'casare-test-dead'
  const group = 'casare-test-group'

  /** A cluster of one broker, which is reached through a proxy under whatever address it names. */
  async function start(): Promise<World> {
    const cluster = await startCluster()
    await cluster.makeTopic(dead)
    const proxy = await faultProxy(cluster.address)
    const guarded = await saslFront(cluster.address, {
      username: 'casare',
      password: 'the password',
      mechanisms: ['SCRAM-SHA-512'],
    })
    return {
      cluster,
      proxy,
      guarded,
      address: cluster.address,
      config: reached(cluster, `${proxy.host}:${proxy.port}`),
      async close() {
        await guarded.close()
        await proxy.close()
        await cluster.close()
      },
    }
  }

  function reached(cluster: Cluster, address: string): Record<string, unknown> {
    const [named = ''] = cluster.config.brokers
    return { brokers: [address], brokerAddresses: { [named]: address } }
  }

  /** A listener of a connection, so that its group can be paused; it ends with the connection. */
  async function listened(connection: DrivenConnection): Promise<void> {
    connection.$.listen('records', { topics: [topic], group: 'casare-test-paused' }, () => undefined)
    await until(() => connection.$.execute('resumePartitions', paused).then(({ success }) => success))
  }
  const paused = { group: 'casare-test-paused' }
  const notListened = { not_found: { input: { group: 'casare-test-missing' } } }

  const missing = { not_found: { input: { topic: 'casare-test-missing' } } }

  interface Numbered {
    readonly value: { readonly number: number }
  }
  const listen: Omit<ListenSubject, 'numberOf'> & { readonly input: object } = {
    input: {
      topics: [topic],
      group,
      from: 'earliest',
      deadLetterTopic: dead,
      sessionTimeoutMs: 4_000,
      commitMs: 20,
    },
    send: (target, numbers) =>
      worldOf(target).cluster.send(
        topic,
        numbers.map((number) => ({ number })),
      ),
    unacknowledged: (target) => worldOf(target).cluster.lag(topic, group),
    deadLettered: (target) => worldOf(target).cluster.count(dead),
    disconnect: (target) => worldOf(target).proxy.resetConnections(),
    silence: notApplicable('A request that is not answered ends by timeouts.readMs; that is tried with the driver.'),
  }

  connectorSuite(tried, {
    peer: facts,
    entry: import.meta.resolve('../src/index.ts'),
    start,
    examples: {
      listTopics: { input: {} },
      describeTopic: { input: { topic } },
      listOffsets: { input: { topic, at: '2026-11-24T08:30:00Z' } },
      consumerGroupOffsets: { input: { topic, group } },
      pausePartitions: { input: { ...paused, topic, partitions: [0, 1] }, before: listened },
      resumePartitions: { input: { ...paused, topic }, before: listened },
    },
    provocations: {
      describeTopic: missing,
      listOffsets: missing,
      consumerGroupOffsets: { not_found: { input: { topic: 'casare-test-missing', group } } },
      pausePartitions: notListened,
      resumePartitions: {
        ...notListened,
        conflict: {
          input: { ...paused, topic },
          before: async (connection) => {
            await listened(connection)
            await connection.$.execute('pausePartitions', paused)
          },
        },
      },
      'records.read': { not_found: { input: { topic: 'casare-test-missing' } } },
      'records.write': { not_found: { input: { topic: 'casare-test-missing', records: [{ value: 1 }] } } },
    },
    wrongCredentials: (target) => {
      const { host, port } = worldOf(target).guarded
      return {
        ...reached(worldOf(target).cluster, `${host}:${port}`),
        sasl: { mechanism: 'scram-sha-512', username: 'casare', password: 'not the password' },
      }
    },
    withSecret: ({ config }, secret) => ({
      ...config,
      sasl: { mechanism: 'plain', username: 'casare', password: secret },
    }),
    at: (target, { host, port, secure }) => ({ ...reached(worldOf(target).cluster, `${host}:${port}`), secure }),
    async echo(connection, value) {
      const { failed } = await connection.$.write('records', [{ value, partition: 0 }], { topic })
      if (failed[0] !== undefined) throw failed[0].error
      let last: unknown
      let page: JsonPage | undefined
      do {
        page = await connection.$.read('records', { topic, partitions: [0] }, { cursor: page?.cursor })
        last = page.records.at(-1) ?? last
      } while (!page.done)
      return (last as { value: unknown }).value
    },
    streams: {
      records: {
        read: {
          input: { topic },
          count: 9,
          async prepare(_connection, target) {
            await worldOf(target).cluster.send(topic, [1, 2, 3, 4, 5, 6, 7, 8, 9])
          },
          change: notApplicable('A record is never changed, and never taken away alone.'),
        },
        write: {
          input: { topic },
          record: (number) => ({ value: { number }, key: `key-${number}` }),
          poison: { value: 'nowhere', partition: 99 },
          async stored(_connection, target, numbers) {
            const found = await worldOf(target).cluster.records(topic)
            return numbers.map((number) => found.filter(({ value }) => value === JSON.stringify({ number })).length)
          },
        },
        listen: { ...listen, numberOf: (event) => (event as Numbered).value.number },
      },
      batches: {
        listen: {
          ...listen,
          input: { ...listen.input, maxRecords: 1 },
          numberOf: (event) => (event as { records: Numbered[] }).records[0]?.value.number ?? -1,
        },
      },
    },
  })
})
