import { secretsFile } from '../project/secret-store.ts'

/** Where the store of secrets is. */
export const storeOption = {
  type: 'string',
  value: 'FILE',
  description: `The store. Default ${secretsFile}.`,
} as const

/** How a store is locked. */
export const storeDetails =
  'The store is encrypted with a key file beside it (secrets.key, mode 0600, made with the first secret), or with the passphrase in CASARE_SECRETS_KEY. Flows and casare.yaml refer to a secret as secret://store/NAME, and to a field of one that is a JSON object as secret://store/NAME#FIELD.'
