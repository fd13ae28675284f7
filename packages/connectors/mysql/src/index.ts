export { mysql } from './connector.ts'
export type { MysqlConfig } from './config.ts'
export type { Note } from './note.ts'
