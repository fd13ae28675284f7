export { azureBlob } from './connector.ts'
export type { AzureBlobConfig } from './config.ts'
export type { Note } from './note.ts'
