import { azureStorageAccess } from '@casare/azure'
import type { CallContext, OpenContext } from '@casare/core'
import type { AzureBlobClient } from './azure-blob-client.ts'
import type { ParsedConfig } from './config.ts'

/** Makes the client; nothing is sent before the first call. */
export async function open(config: ParsedConfig, context: OpenContext): Promise<AzureBlobClient> {
  const [{ newPipeline, BlobServiceClient }, access] = await Promise.all([
    import('@azure/storage-blob'),
    azureStorageAccess(config, context, 'blob'),
  ])
  // The same class, declared once for each module format.
  const credential = access.credential as Parameters<typeof newPipeline>[0]
  const pipeline = Object.assign(newPipeline(credential, access.options), access.ownHttpClient)
  return {
    sdk: new BlobServiceClient(access.url, pipeline),
    hasAccountKey: access.sharedKey !== undefined,
    destroy: () => access.destroy(),
  }
}

/** Ends all connections. */
export function close(client: AzureBlobClient): void {
  client.destroy()
}

/** Asks for the name of one container. */
export async function check({ sdk }: AzureBlobClient, { signal }: CallContext): Promise<void> {
  await sdk.listContainers({ abortSignal: signal }).byPage({ maxPageSize: 1 }).next()
}
