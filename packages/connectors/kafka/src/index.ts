export { kafka } from './connector.ts'
export type { KafkaConfig } from './config.ts'
export { failedAt } from './consuming/failed-at.ts'
export type { KafkaRecord, OutgoingRecord, RecordBatch } from './record.ts'
