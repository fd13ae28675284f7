export { openSecretStore, type SecretInfo, type SecretStore } from './secret-store.ts'
export type { StoreKey } from './key.ts'
