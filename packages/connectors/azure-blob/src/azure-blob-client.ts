import type { BlobServiceClient } from '@azure/storage-blob'

/** The SDK's client, and what ends its connections. */
export interface AzureBlobClient {
  readonly sdk: BlobServiceClient
  /** Can URLs be signed with the account's key? Else a key of Microsoft Entra is asked for. */
  readonly hasAccountKey: boolean
  destroy(): void
}
