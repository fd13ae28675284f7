export { rabbitmq } from './connector.ts'
export type { RabbitmqConfig } from './config.ts'
export type { Message, OutgoingMessage } from './message.ts'
