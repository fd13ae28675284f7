import { azureStorageAccess } from '@casare/azure'
import type { CallContext, OpenContext } from '@casare/core'
import type { AzureQueueClient } from './azure-queue-client.ts'
import type { ParsedConfig } from './config.ts'

/** Makes the client; nothing is sent before the first call. */
export async function open(config: ParsedConfig, context: OpenContext): Promise<AzureQueueClient> {
  const [{ newPipeline, QueueServiceClient }, access] = await Promise.all([
    import('@azure/storage-queue'),
    azureStorageAccess(config, context, 'queue'),
  ])
  // The same class, declared once for each module format.
  const credential = access.credential as Parameters<typeof newPipeline>[0]
  const pipeline = Object.assign(newPipeline(credential, access.options), access.ownHttpClient)
  return { sdk: new QueueServiceClient(access.url, pipeline), destroy: () => access.destroy() }
}

/** Ends all connections. */
export function close(client: AzureQueueClient): void {
  client.destroy()
}

/** Asks for the name of one queue. */
export async function check({ sdk }: AzureQueueClient, { signal }: CallContext): Promise<void> {
  await sdk.listQueues({ abortSignal: signal }).byPage({ maxPageSize: 1 }).next()
}
