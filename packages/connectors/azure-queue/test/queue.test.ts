import { notApplicable, queueSuite, type Peer } from '@casare/testing'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { azureQueue, type Message } from '../src/index.ts'
import { storageAt, type Storage } from './support.ts'

await describeWithPeer('azurite', {}, (peer) => {
  const facts: Peer = {
    name: 'Azurite',
    get version() {
      return peer().version ?? 'unknown'
    },
    kind: 'other implementation',
  }
  queueSuite<Storage>(azureQueue, {
    peer: facts,
    start: () => storageAt(peer().url),
    stream: 'messages',
    writeInput: ({ queue }) => ({ queue, format: 'envelope', inOrder: true }),
    listenInput: ({ queue }) => ({ queue, format: 'envelope', keyAttribute: 'key', visibilitySeconds: 5, pollMs: 100 }),
    record: ({ number, key, body }) => ({ body, attributes: { number, key } }),
    read(event) {
      const { body, attributes } = event as Message
      return { number: attributes['number'] as number, key: attributes['key'] as string, body }
    },
    held: ({ held, queue }) => held(queue),
    deadLettered: ({ held, queue }) => held(`${queue}-poison`),
    cut: notApplicable('An acknowledgement needs no particular connection.'),
    poison: () => ({ body: 'x'.repeat(65_537) }),
    largeBytes: 48_000,
    backlog: 500,
  })
})
