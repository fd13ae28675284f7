export { gcs } from './connector.ts'
export type { GcsClient } from './gcs-client.ts'
export type { GcsConfig } from './config.ts'
