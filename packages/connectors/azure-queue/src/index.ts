export { azureQueue } from './connector.ts'
export type { AzureQueueConfig } from './config.ts'
export type { Note } from './note.ts'
