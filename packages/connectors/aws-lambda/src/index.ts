export { awsLambda } from './connector.ts'
export type { AwsLambdaConfig } from './config.ts'
export type { Note } from './note.ts'
