export { sqs } from './connector.ts'
export type { SqsConfig } from './config.ts'
export type { Message, OutgoingMessage } from './message.ts'
export type { SqsClient } from './sqs-client.ts'
