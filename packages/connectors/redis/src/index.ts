export { redis } from './connector.ts'
export type { RedisConfig } from './config.ts'
export type { Note } from './note.ts'
