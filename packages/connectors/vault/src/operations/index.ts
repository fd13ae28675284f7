export {
  /** Deletes a secret with all of its versions, for good. */
  deleteMetadata,
} from './delete-metadata.ts'
export {
  /** Deletes the current version of a secret, or those that are named; `undeleteSecret` brings them back. */
  deleteSecret,
} from './delete-secret.ts'
export {
  /** Destroys the data of versions for good. */
  destroySecret,
} from './destroy-secret.ts'
export {
  /** Lists the names directly below a folder; names of folders end with a slash. */
  listSecrets,
} from './list-secrets.ts'
export {
  /** Tells of the token that this connection uses. */
  lookupSelf,
} from './lookup-self.ts'
export {
  /** Changes single fields of a secret; `null` takes a field away. */
  patchSecret,
} from './patch-secret.ts'
export {
  /** Makes credentials of a database; renewed while this connection is open, revoked when it closes. */
  readDatabaseCredentials,
} from './read-database-credentials.ts'
export {
  /** Tells the state of the node: sealed, standby, version. Needs no token. */
  readHealth,
} from './read-health.ts'
export {
  /** Reads the versions of a secret and what is noted about it, without its data. */
  readMetadata,
} from './read-metadata.ts'
export {
  /** Reads a secret; its values are `Secret`s. */
  readSecret,
} from './read-secret.ts'
export {
  /** Renews a lease. Those of this connection are renewed by themselves. */
  renewLease,
} from './renew-lease.ts'
export {
  /** Revokes a lease. One that is over already is no error. */
  revokeLease,
} from './revoke-lease.ts'
export {
  /** Brings deleted versions of a secret back. */
  undeleteSecret,
} from './undelete-secret.ts'
export {
  /** Writes a secret with all of its fields; with `cas` only where that is the current version. */
  writeSecret,
} from './write-secret.ts'
