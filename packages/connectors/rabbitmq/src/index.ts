export { rabbitmq } from './connector.ts'
export type { RabbitmqConfig } from './config.ts'
export type { Note } from './note.ts'
