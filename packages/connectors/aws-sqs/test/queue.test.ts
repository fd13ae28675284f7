import { describe } from '@jest/globals'
import { notApplicable, queueSuite, type Peer } from '@casare/testing'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { sqs, type Message } from '../src/index.ts'
import { cloudAt, type Cloud } from './support.ts'

interface World extends Cloud {
  readonly queue: string
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
          return { ...cloud, queue }
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
        cut: notApplicable('An acknowledgement needs no particular connection; test/faults.test.ts cuts them.'),
        poison: () => ({ body: 'x'.repeat(1_048_577) }),
        largeBytes: 700_000,
      }))
})
