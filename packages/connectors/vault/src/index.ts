export { vault } from './connector.ts'
export type { VaultConfig } from './config.ts'
