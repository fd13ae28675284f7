import { defineConnector } from '@casare/core'
import { effectSuite, type Peer, type Target } from '@casare/testing'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { kafka } from '../src/index.ts'
import { startCluster, type Cluster } from './support.ts'
import { topicsFront, type TopicsFront } from './topics-front.ts'

// What these do stays within this process: nothing of it can be lost.
const { pausePartitions: _pause, resumePartitions: _resume, ...operations } = kafka.spec.operations ?? {}
const tried = defineConnector({ ...kafka.spec, operations } as never) as unknown as typeof kafka

interface World extends Target {
  readonly cluster: Cluster
  readonly front: TopicsFront
}

await describeWithPeer('kafka', {}, (peer) => {
  const facts: Peer = {
    name: 'Kafka (mock cluster of librdkafka, with topics that are made and deleted)',
    get version() {
      return peer().version ?? 'unknown'
    },
    kind: 'other implementation',
  }
  const reached = (
    { cluster }: Pick<World, 'cluster'>,
    address: string,
  ): { brokers: string[]; brokerAddresses: object } => {
    const [named = ''] = cluster.config.brokers
    return { brokers: [address], brokerAddresses: { [named]: address } }
  }

  effectSuite<World>(tried, {
    peer: facts,
    async start() {
      const cluster = await startCluster()
      const front = await topicsFront(cluster.address)
      const { host, port } = front
      return {
        cluster,
        front,
        address: { host, port },
        config: reached({ cluster }, `${host}:${port}`),
        async close() {
          await front.close()
          await cluster.close()
        },
      }
    },
    at: (world, { host, port }) => reached(world, `${host}:${port}`),
    operations: {
      createTopic: {
        input: (id) => ({ topic: `new-${id}`, partitions: 2, settings: { 'retention.ms': '1000' } }),
        applied: ({ front }, id) => front.made.get(`new-${id}`) ?? 0,
      },
      deleteTopic: {
        input: (id) => ({ topic: `old-${id}` }),
        prepare: ({ front }, id) => front.make(`old-${id}`),
        applied: ({ front }, id) => front.deleted.get(`old-${id}`) ?? 0,
      },
      resetOffsets: {
        input: (id) => ({
          topic: 'casare-test',
          group: `group-${id}`,
          to: { offsets: [{ partition: 1, offset: '7' }] },
        }),
        async applied({ cluster }, id) {
          const { partitions } = await cluster.positions('casare-test', `group-${id}`)
          return partitions.filter(({ partition, offset }) => partition === 1 && offset === '7').length
        },
      },
    },
  })
})
