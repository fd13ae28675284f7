export { azureQueue } from './connector.ts'
export type { AzureQueueClient } from './azure-queue-client.ts'
export type { AzureQueueConfig } from './config.ts'
export type { Format, Message, OutgoingMessage } from './message.ts'
