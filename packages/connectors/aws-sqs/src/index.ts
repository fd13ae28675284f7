export { awsSqs } from './connector.ts'
export type { AwsSqsConfig } from './config.ts'
export type { Note } from './note.ts'
