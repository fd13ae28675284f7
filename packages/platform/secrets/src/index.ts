export { openSecretStore, type SecretInfo, type SecretStore } from './secret-store.ts'
export type { StoreKey } from './key.ts'
export { withLock } from './store-lock.ts'
export { writeWhole } from './write-whole.ts'
