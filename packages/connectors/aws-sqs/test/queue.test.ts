import { describe } from '@jest/globals'
import { faultProxy, queueSuite, type FaultProxy, type Peer } from '@casare/testing'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { sqs, type Message } from '../src/index.ts'
import { cloudAt, type Cloud } from './support.ts'

interface World extends Cloud {
  readonly queue: string
  readonly proxy: FaultProxy
}

await describeWithPeer('fauxqs', {}, (peer) => {
  const facts: Peer = {
    name: 'fauxqs',
    get version() {
      return peer().version ?? 'unknown'
    },
    kind: 'simulator',
  }
  for (const kind of ['standard', 'fifo'] as const)
    describe(`${kind} queues`, () =>
      queueSuite<World>(sqs, {
        peer: facts,
        async start() {
          const cloud = await cloudAt(peer().url)
          const queue = await cloud.make(kind)
          const proxy = await faultProxy(cloud.address as { host: string; port: number })
          return {
            ...cloud,
            queue,
            proxy,
            config: { ...cloud.config, endpoint: `http://127.0.0.1:${proxy.port}` },
            async close() {
              await cloud.close()
              await proxy.close()
            },
          }
        },
        stream: 'messages',
        writeInput: ({ queue }) => ({ queue }),
        listenInput: ({ queue }) => ({ queue, keyAttribute: 'key', waitSeconds: 1, visibilitySeconds: 5 }),
        record: ({ number, key, body }) => ({
          body,
          attributes: { number, key },
          ...(kind === 'fifo' ? { groupId: key } : {}),
        }),
        read(event) {
          const { body, attributes } = event as Message
          return { number: attributes['number'] as number, key: attributes['key'] as string, body }
        },
        held: ({ held, queue }) => held(queue),
        deadLettered: ({ held, deadOf, queue }) => held(deadOf(queue)),
        cut: ({ proxy }) => proxy.resetConnections(),
        poison: () => ({ body: 'x'.repeat(1_048_577) }),
        largeBytes: 700_000,
      }))
})
