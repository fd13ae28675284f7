export { vault } from './connector.ts'
export type { VaultConfig } from './config.ts'
export type { Note } from './note.ts'
