import type { Secret } from '@casare/core'

/** What a store is locked with. */
export type StoreKey =
  | {
      readonly kind: 'passphrase'
      /** At least 12 characters. */
      readonly passphrase: Secret | string
      /** How a key is made of it. Default `scrypt`; `pbkdf2` where rules ask for it. */
      readonly derivation?: 'scrypt' | 'pbkdf2' | undefined
    }
  | {
      readonly kind: 'keyFile'
      /** 32 random bytes as base64, readable by its owner alone. Made, with mode 0600, together with a new store. */
      readonly path: string
    }
