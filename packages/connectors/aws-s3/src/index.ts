export { s3 } from './connector.ts'
export type { S3Config } from './config.ts'
