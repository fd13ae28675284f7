import { defineConnector } from '@casare/core'
import { connectorSuite, faultProxy, notApplicable, type FaultProxy, type Peer, type Target } from '@casare/testing'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { kafka } from '../src/index.ts'
import { startCluster, type Cluster } from './support.ts'

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
    return {
      cluster,
      proxy,
      address: cluster.address,
      config: reached(cluster, `${proxy.host}:${proxy.port}`),
      async close() {
        await proxy.close()
        await cluster.close()
      },
    }
  }

  function reached(cluster: Cluster, address: string): Record<string, unknown> {
    const [named = ''] = cluster.config.brokers
    return { brokers: [address], brokerAddresses: { [named]: address } }
  }

  const missing = { not_found: { input: { topic: 'casare-test-missing' } } }

  connectorSuite(tried, {
    peer: facts,
    entry: import.meta.resolve('../src/index.ts'),
    start,
    examples: {
      listTopics: { input: {} },
      describeTopic: { input: { topic } },
      listOffsets: { input: { topic, at: '2026-11-24T08:30:00Z' } },
      consumerGroupOffsets: { input: { topic, group } },
    },
    provocations: {
      describeTopic: missing,
      listOffsets: missing,
      consumerGroupOffsets: { not_found: { input: { topic: 'casare-test-missing', group } } },
      'records.write': { not_found: { input: { topic: 'casare-test-missing', records: [{ value: 1 }] } } },
    },
    wrongCredentials: notApplicable('The mock cluster knows no credentials.'),
    withSecret: ({ config }, secret) => ({
      ...config,
      sasl: { mechanism: 'plain', username: 'casare', password: secret },
    }),
    at: (target, { host, port, secure }) => ({ ...reached(worldOf(target).cluster, `${host}:${port}`), secure }),
    echo: notApplicable('No operation reads a record; texts make the round trip in the suite of queues.'),
    streams: {
      records: {
        write: {
          input: { topic },
          record: (number) => ({ value: { number }, key: `key-${number}` }),
          poison: { value: 'nowhere', partition: 99 },
          async stored(_connection, target, numbers) {
            const found = await worldOf(target).cluster.records(topic)
            return numbers.map((number) => found.filter(({ value }) => value === JSON.stringify({ number })).length)
          },
        },
        listen: {
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
          numberOf: (event) => (event as { value: { number: number } }).value.number,
          unacknowledged: (target) => worldOf(target).cluster.lag(topic, group),
          deadLettered: (target) => worldOf(target).cluster.count(dead),
          disconnect: (target) => worldOf(target).proxy.resetConnections(),
          silence: notApplicable(
            'A request that is not answered ends by timeouts.readMs; that is tried with the driver.',
          ),
        },
      },
    },
  })
})
