import { randomBytes } from 'node:crypto'
import { QueueServiceClient, StorageSharedKeyCredential } from '@azure/storage-queue'
import type { Config, Target } from '@casare/testing'

/** The emulator's well-known account (https://learn.microsoft.com/azure/storage/common/storage-use-azurite). */
const account = 'devstoreaccount1'
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

/** A queue of a test's own, seen past the connector. */
export interface Storage extends Target {
  readonly config: Config
  readonly queue: string
  readonly admin: QueueServiceClient
  /** Messages that a queue holds, those under way included. */
  held(queue: string): Promise<number>
  close(): Promise<void>
}

/** Opens the view of a test on the emulator; closing it deletes the queue. */
export async function storageAt(
  url: string,
  queue = `casare-test-${randomBytes(6).toString('hex')}`,
): Promise<Storage> {
  const endpoint = url.replace(/#.*$/, '')
  const admin = new QueueServiceClient(endpoint, new StorageSharedKeyCredential(account, accountKey))
  await admin.createQueue(queue)
  const { hostname, port } = new URL(endpoint)
  return {
    queue,
    admin,
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
}
