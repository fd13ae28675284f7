export { postgresql } from './connector.ts'
export type { PostgresqlConfig } from './config.ts'
export type { Note } from './note.ts'
