import { randomBytes } from 'node:crypto'
import { QueueServiceClient, StorageSharedKeyCredential } from '@azure/storage-queue'
import { notApplicable, queueSuite, type Peer, type Target } from '@casare/testing'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { azureQueue, type Message } from '../src/index.ts'

/** The emulator's well-known account. */
const account = 'devstoreaccount1'
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

interface World extends Target {
  readonly queue: string
  held(queue: string): Promise<number>
}

await describeWithPeer('azurite', {}, (peer) => {
  const facts: Peer = {
    name: 'Azurite',
    get version() {
      return peer().version ?? 'unknown'
    },
    kind: 'other implementation',
  }
  queueSuite<World>(azureQueue, {
    peer: facts,
    async start() {
      const endpoint = peer().url.replace(/#.*$/, '')
      const admin = new QueueServiceClient(endpoint, new StorageSharedKeyCredential(account, accountKey))
      const queue = `casare-test-${randomBytes(6).toString('hex')}`
      await admin.createQueue(queue)
      const { hostname, port } = new URL(endpoint)
      return {
        queue,
        address: { host: hostname, port: Number(port) },
        config: { endpoint, credentials: { kind: 'accountKey', accountKey } },
        async held(name) {
          const properties = await admin
            .getQueueClient(name)
            .getProperties()
            .catch(() => undefined)
          return properties?.approximateMessagesCount ?? 0
        },
        async close() {
          for (const name of [queue, `${queue}-poison`]) await admin.getQueueClient(name).deleteIfExists()
        },
      }
    },
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
  })
})
