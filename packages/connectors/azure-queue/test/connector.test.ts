import { randomBytes } from 'node:crypto'
import {
  connectorSuite,
  effectSuite,
  faultProxy,
  notApplicable,
  type EffectCase,
  type FaultProxy,
  type Peer,
  type Target,
} from '@casare/testing'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { azureQueue } from '../src/index.ts'
import { storageAt, type Storage } from './support.ts'

interface World extends Storage {
  readonly proxy: FaultProxy
}

await describeWithPeer('azurite', {}, (peer) => {
  const facts: Peer = {
    name: 'Azurite',
    get version() {
      return peer().version ?? 'unknown'
    },
    kind: 'other implementation',
  }
  const queue = `casare-test-${randomBytes(6).toString('hex')}`
  const missing = { input: { queue: 'missing' } }
  const worldOf = (target: Target): World => target as World
  const elsewhere = (
    { config }: Target,
    { host, port, secure }: { readonly host: string; readonly port: number; readonly secure: boolean },
  ) => ({
    ...config,
    endpoint: `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}/devstoreaccount1`,
  })
  const withKey = ({ config }: Target, accountKey: string) => ({
    ...config,
    credentials: { kind: 'accountKey', accountKey },
  })

  connectorSuite(azureQueue, {
    peer: facts,
    entry: import.meta.resolve('../src/index.ts'),
    async start() {
      const storage = await storageAt(peer().url, queue)
      const proxy = await faultProxy(storage.address as { host: string; port: number })
      return {
        ...storage,
        proxy,
        config: elsewhere(storage, { host: '127.0.0.1', port: proxy.port, secure: false }),
        async close() {
          await storage.admin.getQueueClient(`${queue}-new`).deleteIfExists()
          await storage.close()
          await proxy.close()
        },
      }
    },
    examples: {
      createQueue: { input: { queue: `${queue}-new` } },
      getQueueProperties: { input: { queue } },
      setQueueMetadata: { input: { queue, metadata: { team: 'orders' } } },
      clearMessages: { input: { queue } },
      deleteQueue: {
        input: { queue: `${queue}-new` },
        before: (db) => db.$.execute('createQueue', { queue: `${queue}-new` }),
      },
    },
    provocations: {
      createQueue: { already_exists: { input: { queue, metadata: { other: 'words' } } } },
      getQueueProperties: { not_found: missing },
      setQueueMetadata: { not_found: { input: { queue: 'missing', metadata: {} } } },
      clearMessages: { not_found: missing },
      deleteQueue: { not_found: missing },
      'messages.listen': { not_found: missing },
      'messages.write': { not_found: { input: { queue: 'missing', records: [{ body: 1 }] } } },
    },
    wrongCredentials: (target) => withKey(target, Buffer.from('not the right key').toString('base64')),
    withSecret: withKey,
    at: elsewhere,
    echo: notApplicable('Messages are read by listening.'),
    streams: {
      messages: {
        write: {
          input: { queue },
          record: (number) => ({ body: { number } }),
          poison: { body: 'x'.repeat(65_537) },
          async stored(_db, target, numbers) {
            const { admin } = worldOf(target)
            const found: number[] = []
            for (;;) {
              const { receivedMessageItems } = await admin
                .getQueueClient(queue)
                .receiveMessages({ numberOfMessages: 32, visibilityTimeout: 60 })
              if (receivedMessageItems.length === 0) break
              for (const { messageText } of receivedMessageItems)
                found.push((JSON.parse(messageText) as { number: number }).number)
            }
            return numbers.map((number) => found.filter((one) => one === number).length)
          },
        },
        listen: {
          input: { queue, visibilitySeconds: 2, pollMs: 100 },
          async send(target, numbers) {
            const { admin } = worldOf(target)
            for (const number of numbers) await admin.getQueueClient(queue).sendMessage(JSON.stringify({ number }))
          },
          numberOf: (event) => (event as { body: { number: number } }).body.number,
          unacknowledged: (target) => worldOf(target).held(queue),
          deadLettered: (target) => worldOf(target).held(`${queue}-poison`),
          disconnect: (target) => worldOf(target).proxy.resetConnections(),
          silence: notApplicable('A request without an answer ends by timeouts.readMs.'),
          // What was on its way when the connection was cut stays hidden for visibilitySeconds.
          patienceMs: 8_000,
        },
      },
    },
  })

  const named = (id: string): string => `casare-test-${id.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`
  const there = (wanted: boolean): EffectCase<Storage>['applied'] => {
    return async ({ admin }, id) => ((await admin.getQueueClient(named(id)).exists()) === wanted ? 1 : 0)
  }
  const made = async ({ admin }: Storage, id: string): Promise<void> => void (await admin.createQueue(named(id)))

  effectSuite<Storage>(azureQueue, {
    peer: facts,
    start: () => storageAt(peer().url),
    at: elsewhere,
    calls: process.env['CASARE_DEEP'] === '1' ? 1_000 : 34,
    operations: {
      createQueue: {
        input: (id) => ({ queue: named(`new-${id}`) }),
        applied: (storage, id) => there(true)(storage, `new-${id}`),
      },
      deleteQueue: { prepare: made, input: (id) => ({ queue: named(id) }), applied: there(false) },
      setQueueMetadata: {
        prepare: made,
        input: (id) => ({ queue: named(id), metadata: { seen: 'yes' } }),
        async applied({ admin }, id) {
          const { metadata } = await admin.getQueueClient(named(id)).getProperties()
          return metadata?.['seen'] === 'yes' ? 1 : 0
        },
      },
      clearMessages: {
        async prepare(storage, id) {
          await made(storage, id)
          await storage.admin.getQueueClient(named(id)).sendMessage('x')
        },
        input: (id) => ({ queue: named(id) }),
        applied: async ({ held }, id) => ((await held(named(id))) === 0 ? 1 : 0),
      },
    },
  })
})
