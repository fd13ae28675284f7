export { kafka } from './connector.ts'
export type { KafkaConfig } from './config.ts'
export type { Note } from './note.ts'
