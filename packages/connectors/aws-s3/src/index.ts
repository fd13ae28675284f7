export { awsS3 } from './connector.ts'
export type { AwsS3Config } from './config.ts'
export type { Note } from './note.ts'
