import { describe } from '@jest/globals'
import { queueSuite, type Peer } from '@casare/testing'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { rabbitmq, type Message } from '../src/index.ts'
import { brokerAt, type Broker } from './support.ts'

await describeWithPeer('rabbitmq', {}, (peer) => {
  const facts: Peer = {
    name: 'RabbitMQ',
    get version() {
      return peer().version ?? 'unknown'
    },
    kind: 'real server',
  }
  for (const kind of ['classic', 'quorum'] as const)
    describe(`${kind} queues`, () =>
      queueSuite<Broker & { readonly inputOf: { readonly queue: string } }>(rabbitmq, {
        peer: facts,
        async start() {
          const broker = await brokerAt(peer().url)
          const queue = broker.name(kind)
          const channel = await broker.admin.createChannel()
          await channel.assertQueue(queue, kind === 'quorum' ? { arguments: { 'x-queue-type': 'quorum' } } : {})
          await channel.close()
          return { ...broker, inputOf: { queue }, config: { ...broker.config, port: broker.tap.port } }
        },
        stream: 'messages',
        writeInput: ({ inputOf }) => inputOf,
        listenInput: ({ inputOf }) => ({ ...inputOf, keyHeader: 'key' }),
        record: ({ number, key, body }) => ({ body, headers: { number, key } }),
        read(event) {
          const { body, headers } = event as Message
          return { number: headers['number'] as number, key: headers['key'] as string, body }
        },
        held: async ({ tap, ready, inputOf }) => tap.outstanding() + (await ready(inputOf.queue)),
        deadLettered: ({ ready, inputOf }) => ready(`${inputOf.queue}.dead`),
        cut: ({ tap }) => tap.cut(),
        poison: ({ name }) => ({ body: 'nobody takes it', routingKey: name('missing') }),
        largeBytes: 6 * 1_048_576,
      }))
})
