export { kafka } from './connector.ts'
export type { KafkaConfig } from './config.ts'
export type { KafkaRecord, OutgoingRecord } from './record.ts'
