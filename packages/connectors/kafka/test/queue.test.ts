import { notApplicable, queueSuite, type Peer } from '@casare/testing'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { kafka, type KafkaRecord } from '../src/index.ts'
import { startCluster, type Cluster } from './support.ts'

await describeWithPeer('kafka', {}, (peer) => {
  const facts: Peer = {
    name: 'Kafka (mock cluster of librdkafka)',
    get version() {
      return peer().version ?? 'unknown'
    },
    kind: 'other implementation',
  }
  const group = 'casare-test-group'
  const dead = 'casare-test-dead'
  queueSuite<Cluster>(kafka, {
    peer: facts,
    async start() {
      const cluster = await startCluster(3)
      await cluster.makeTopic(dead)
      return cluster
    },
    stream: 'records',
    writeInput: ({ topic }) => ({ topic, compression: 'gzip' }),
    listenInput: ({ topic }) => ({
      topics: [topic],
      group,
      from: 'earliest',
      order: 'key',
      deadLetterTopic: dead,
      sessionTimeoutMs: 4_000,
      commitMs: 20,
    }),
    record: ({ number, key, body }) => ({ value: body, key, headers: { number: String(number) } }),
    read(event) {
      const { value, key, headers } = event as KafkaRecord
      return { number: Number(headers['number']), key: String(key), body: value }
    },
    held: ({ lag, topic }) => lag(topic, group),
    deadLettered: ({ count }) => count(dead),
    cut: notApplicable('A member of a group outlives its connections: nothing comes again. See the tests of faults.'),
    poison: () => ({ value: 'nowhere', partition: 99 }),
    largeBytes: 800_000,
  })
})
