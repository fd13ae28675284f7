export { azureBlob } from './connector.ts'
export type { AzureBlobClient } from './azure-blob-client.ts'
export type { AzureBlobConfig } from './config.ts'
