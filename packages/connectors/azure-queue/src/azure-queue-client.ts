import type { QueueServiceClient } from '@azure/storage-queue'

/** The SDK's client, and what ends its connections. */
export interface AzureQueueClient {
  readonly sdk: QueueServiceClient
  destroy(): void
}
