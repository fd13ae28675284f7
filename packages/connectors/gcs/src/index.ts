export { gcs } from './connector.ts'
export type { GcsConfig } from './config.ts'
export type { Note } from './note.ts'
