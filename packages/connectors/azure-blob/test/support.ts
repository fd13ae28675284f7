import { randomBytes } from 'node:crypto'
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import type { Config, Target } from '@casare/testing'

/** The emulator's well-known account (https://learn.microsoft.com/azure/storage/common/storage-use-azurite). */
export const account = 'devstoreaccount1'
export const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

/** A container of a test's own, seen past the connector. */
export interface Storage extends Target {
  readonly config: Config
  readonly container: string
  readonly admin: BlobServiceClient
  close(): Promise<void>
}

export const containerName = (): string => `casare-test-${randomBytes(6).toString('hex')}`

/** The address of the blobs of an emulator; its URL is that of the queues, with the port of the blobs as its fragment. */
export function blobEndpoint(url: string): string {
  const endpoint = new URL(url)
  const port = new URLSearchParams(endpoint.hash.slice(1)).get('blob')
  endpoint.hash = ''
  if (port !== null) endpoint.port = port
  return endpoint.href
}

/** Opens the view of a test on the emulator; closing it deletes the container. */
export async function storageAt(url: string, container = containerName()): Promise<Storage> {
  const endpoint = blobEndpoint(url)
  const admin = new BlobServiceClient(endpoint, new StorageSharedKeyCredential(account, accountKey))
  await admin.getContainerClient(container).createIfNotExists()
  const { hostname, port } = new URL(endpoint)
  return {
    container,
    admin,
    address: { host: hostname, port: Number(port) },
    config: { endpoint, credentials: { kind: 'accountKey', accountKey } },
    async close() {
      await admin.getContainerClient(container).deleteIfExists()
    },
  }
}
